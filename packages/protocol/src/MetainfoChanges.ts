/**
 * Changes what stands around `info` in a `.torrent` file: trackers (BEP 12), web seeds (BEP 19), comment.
 *
 * Invariant: `info`, and every member that is not changed, stays byte for byte, however it is written, and in its place.
 */
import { Bytes, Result } from "effect"
import * as Bencode from "./Bencode.ts"
import { BencodeView } from "./BencodeView.ts"
import { maxLength } from "./Metainfo.ts"
import { fault, type MetainfoFault } from "./MetainfoMembers.ts"
import * as Utf8 from "./Utf8.ts"

/** What is to be another way; what is not named stays. */
export interface Changes {
  /** Whether the trackers that there are go. */
  readonly withoutTrackers?: boolean | undefined
  /** Tiers that come behind those that there are; an URL that is there already is not added. */
  readonly trackers?: ReadonlyArray<ReadonlyArray<string>> | undefined
  readonly withoutWebSeeds?: boolean | undefined
  readonly webSeeds?: ReadonlyArray<string> | undefined
  /** `null` takes it away. */
  readonly comment?: string | null | undefined
  readonly createdBy?: string | null | undefined
  /** Seconds since 1970. */
  readonly creationDate?: number | null | undefined
}

/** A torrent of `info` alone, which everything else can be added to. */
export const fromInfo = (info: Uint8Array): Uint8Array => Bencode.encodeWithRawMembers([["info", info]])

/**
 * The file with these changes. New members stand where their keys belong; what is behind the end of `bytes` is left out. Fails where `bytes` is no bencoded dictionary with an `info`.
 */
export const apply = (bytes: Uint8Array, changes: Changes): Result.Result<Uint8Array, MetainfoFault> =>
  Result.gen(function* () {
    const root = yield* Result.mapError(BencodeView.fromBytes(bytes, { maxBytes: maxLength }), (broken) =>
      fault("torrent", `is ${Bencode.describe(broken)}`, broken.offset),
    )
    if (!root.isDictionary) return yield* Result.fail(fault("torrent", "is not a dictionary", 0))
    const members = new Members(root)
    if (members.get("info")?.isDictionary !== true) {
      return yield* Result.fail(fault("info", "is missing or not a dictionary", undefined))
    }
    changeTrackers(members, changes)
    changeWebSeeds(members, changes)
    if (changes.comment !== undefined) {
      // Where there are both, this one counts.
      members.set("comment.utf-8", undefined)
      members.set("comment", changes.comment ?? undefined)
    }
    if (changes.createdBy !== undefined) members.set("created by", changes.createdBy ?? undefined)
    if (changes.creationDate !== undefined) members.set("creation date", changes.creationDate ?? undefined)
    return members.encoded()
  })

const changeTrackers = (members: Members, { trackers = [], withoutTrackers = false }: Changes): void => {
  if (withoutTrackers) for (const key of ["announce", "announce-list"]) members.set(key, undefined)
  const single = textIn(members.get("announce"))
  const listed = itemsOf(members.get("announce-list"))
    .map(urlsIn)
    .filter((tier) => tier.length > 0)
  const before = listed.length > 0 ? listed : single.length > 0 ? [single] : []
  const known = new Set(before.flat().map(Utf8.toText))
  const added = trackers
    .map((tier) => tier.filter((url) => !known.has(url) && known.add(url)))
    .filter((tier) => tier.length > 0)
  if (added.length === 0) return
  const tiers: ReadonlyArray<ReadonlyArray<Bencode.BencodeInput>> = [...before, ...added]
  const all = tiers.flat()
  if (single.length === 0) members.set("announce", all[0])
  members.set("announce-list", all.length > 1 ? tiers : undefined)
}

const changeWebSeeds = (members: Members, { webSeeds = [], withoutWebSeeds = false }: Changes): void => {
  if (withoutWebSeeds) members.set("url-list", undefined)
  const before = urlsIn(members.get("url-list"))
  const known = new Set(before.map(Utf8.toText))
  const added = webSeeds.filter((url) => !known.has(url) && known.add(url))
  if (added.length === 0) return
  const urls: ReadonlyArray<Bencode.BencodeInput> = [...before, ...added]
  members.set("url-list", urls.length > 1 ? urls : urls[0])
}

/** Some creators leave out the list around a single one. */
const itemsOf = (view: BencodeView | undefined): ReadonlyArray<BencodeView> =>
  view === undefined ? [] : view.isList ? [...view.items()] : [view]

const urlsIn = (view: BencodeView | undefined): ReadonlyArray<Uint8Array> => itemsOf(view).flatMap(textIn)

const textIn = (view: BencodeView | undefined): ReadonlyArray<Uint8Array> => {
  const bytes = view?.bytes
  return bytes === undefined || bytes.length === 0 ? [] : [bytes]
}

/** A dictionary as it stands, keys that are no text and keys that come twice included. */
class Members {
  readonly #members: Array<{ readonly key: Uint8Array; readonly value: Uint8Array }>

  constructor(dictionary: BencodeView) {
    this.#members = Array.from(dictionary.members(), ([key, value]) => ({ key: key.bytes!, value: value.raw }))
  }

  /** The first of this key. */
  get(key: string): BencodeView | undefined {
    const found = this.#members.find((member) => Utf8.toText(member.key) === key)
    return found && Result.getOrUndefined(BencodeView.fromBytes(found.value, { maxBytes: maxLength }))
  }

  /** In the place of what has the key, or else before the first key that comes after it; `undefined` takes the key away. */
  set(key: string, value: Bencode.BencodeInput | undefined): void {
    const isIt = (member: { readonly key: Uint8Array }) => Utf8.toText(member.key) === key
    const at = this.#members.findIndex(isIt)
    const others = this.#members.filter((member) => !isIt(member))
    if (value !== undefined) {
      const named = { key: Utf8.fromText(key), value: Bencode.encode(value) }
      const behind = others.findIndex((member) => Bytes.Order(member.key, named.key) > 0)
      others.splice(at >= 0 ? at : behind >= 0 ? behind : others.length, 0, named)
    }
    this.#members.splice(0, this.#members.length, ...others)
  }

  encoded(): Uint8Array {
    const parts = this.#members.flatMap(({ key, value }) => [Bencode.encode(key), value])
    return Bytes.concat([Utf8.fromText("d"), ...parts, Utf8.fromText("e")])
  }
}
