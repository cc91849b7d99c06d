import type { Geometry, Metainfo } from "@unchoke/protocol"

/** A file of a torrent, under its own name or, as long as it is not complete, under another. */
export class MemoryFile {
  readonly name: string
  readonly extent: Metainfo.TorrentFile
  readonly offset: number
  readonly length: number
  /** The pieces that it has bytes in. */
  readonly pieces: ReadonlyArray<number>
  readonly #disk: Map<string, Uint8Array>

  constructor(
    disk: Map<string, Uint8Array>,
    name: string,
    extent: Metainfo.TorrentFile,
    { pieceLength }: Geometry.Geometry,
  ) {
    const { length, offset } = extent
    this.#disk = disk
    this.name = name
    this.extent = extent
    this.offset = offset
    this.length = length
    const first = Math.floor(offset / pieceLength)
    const end = length === 0 ? first : Math.ceil((offset + length) / pieceLength)
    this.pieces = Array.from({ length: end - first }, (_, index) => first + index)
  }

  /** Where it is. */
  get place(): string {
    return this.#disk.has(`${this.name}.part`) ? `${this.name}.part` : this.name
  }

  get bytes(): Uint8Array | undefined {
    return this.#disk.get(this.place)
  }

  /** What has its name stays there until the file is complete, unless it is this one. */
  put(bytes: Uint8Array, complete: boolean, isThis = true): void {
    if (isThis || complete) this.#disk.delete(this.place)
    this.#disk.set(complete ? this.name : `${this.name}.part`, bytes)
  }
}
