/** The members of a torrent's dictionaries, and how a wrong one is reported. */
import { Result } from "effect"
import type { BencodeView } from "./BencodeView.ts"

/** Which member of a torrent is wrong, and why: together a sentence. */
export interface MetainfoFault {
  /** As a path: `info.files[3].length`. */
  readonly field: string
  readonly why: string
  /** The byte of the file at which the member (or what should contain it) begins. */
  readonly offset: number | undefined
  /** Of a torrent that is only for a version of BitTorrent that we do not speak: its `meta version` (BEP 52). */
  readonly unsupportedVersion?: number
}

export const fault = (field: string, why: string, offset: number | undefined): MetainfoFault => ({ field, why, offset })

export type Members = ReadonlyMap<string, BencodeView>

/** The members of a dictionary, of two with one key the first; a fault where one of `sole`, on which the data depends, comes again. */
export const membersOf = (
  dictionary: BencodeView,
  field: string,
  sole: ReadonlyArray<string>,
): Result.Result<Members, MetainfoFault> => {
  const members = new Map<string, BencodeView>()
  for (const [key, value] of dictionary.entries()) {
    if (!members.has(key)) members.set(key, value)
    else if (sole.includes(key)) return Result.fail(fault(`${field}${key}`, "is there twice", value.start))
  }
  return Result.succeed(members)
}

/** A member as text, or `undefined` where it is absent or something else. */
export const text = (members: Members, key: string): string | undefined => members.get(key)?.text
