/**
 * The `info` dictionary of a new torrent (BEP 3, 27, 47).
 *
 * Nothing is in it but what says what the data is, so that who makes the same choices gets the same info hash: mktorrent and libtorrent write the same members. (transmission 3 says `private` 0
 * of a torrent that is not.)
 */
import { type BencodeInput, encode as bencode } from "./Bencode.ts"

/** A file of a new torrent, or a symbolic link. */
export interface NewFile {
  /** Below the torrent's folder. */
  readonly path: ReadonlyArray<string>
  /** In bytes; 0 of a link. */
  readonly length: number
  /** Of a link the path that it leads to, below the torrent's folder. */
  readonly link?: ReadonlyArray<string>
}

/** What a new torrent says of its data; everything in it changes the info hash. */
export interface InfoDictionary {
  /** Of the file, or of the folder. */
  readonly name: string
  /** In the order of the data; the length of a torrent that is a single file. */
  readonly content: number | ReadonlyArray<NewFile>
  /** Bytes; see `PieceLength`. */
  readonly pieceLength: number
  /** SHA-1 of each piece, 20 bytes each, one after the other. */
  readonly pieceHashes: Uint8Array
  /** Whether peers may come from the torrent's own trackers only (BEP 27). */
  readonly private?: boolean | undefined
  /** Sets torrents of the same data apart, for trackers that want their own. */
  readonly source?: string | undefined
}

/** The canonical encoding: SHA-1 of it is the info hash. */
export const encode = ({ content, name, pieceHashes, pieceLength, private: isPrivate, source }: InfoDictionary) =>
  bencode({
    ...(typeof content === "number" ? { length: content } : { files: content.map(entryOf) }),
    name,
    "piece length": pieceLength,
    pieces: pieceHashes,
    private: isPrivate === true ? 1 : undefined,
    source,
  })

/** A link has a length too: clients that know nothing of links refuse a file without one. */
const entryOf = ({ length, link, path }: NewFile): BencodeInput => ({
  attr: link === undefined ? undefined : "l",
  length,
  path,
  "symlink path": link,
})
