/** The members of a torrent's dictionaries, and how a wrong one is reported. */
import type { BencodeView } from "./BencodeView.ts"

/** Which member of a torrent is wrong, and why: together a sentence. */
export interface MetainfoFault {
  /** As a path: `info.files[3].length`. */
  readonly field: string
  readonly why: string
  /** The byte of the file at which the member (or what should contain it) begins. */
  readonly offset: number | undefined
}

export const fault = (field: string, why: string, offset: number | undefined): MetainfoFault => ({ field, why, offset })

export type Members = ReadonlyMap<string, BencodeView>

/**
 * The members of a dictionary; of two keys that read alike once repaired, the first. A key behind a byte order mark is nobody's: some readers take it
 * for the key without, so that a torrent that is written again with both would be refused.
 */
export const membersOf = (dictionary: BencodeView): Members => {
  const members = new Map<string, BencodeView>()
  for (const [key, value] of dictionary.entries())
    if (!members.has(key) && !key.startsWith("\ufeff")) members.set(key, value)
  return members
}

/** A member as text, or `undefined` where it is absent or something else. */
export const text = (members: Members, key: string): string | undefined => members.get(key)?.text
