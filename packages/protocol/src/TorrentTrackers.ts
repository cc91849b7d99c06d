/**
 * The trackers that a torrent names (BEP 3, 12): those that can be called, in tiers, and those that cannot, each with the reason.
 *
 * Nothing that is named gets lost: what is not called is told, and is written again with the rest.
 */
import { Result } from "effect"
import * as AnnounceUrl from "./AnnounceUrl.ts"
import type { BencodeInput } from "./Bencode.ts"
import type { BencodeView } from "./BencodeView.ts"
import type { Members } from "./MetainfoMembers.ts"
import * as Utf8 from "./Utf8.ts"

/** A tracker that a torrent names and that is not called. */
export interface UnusedTracker {
  /** As it stands in the torrent, without the space around it. */
  readonly url: string
  /** "wss is not supported" */
  readonly why: string
  /** Which member of the torrent names it. */
  readonly member: "announce" | "announce-list"
}

export interface TorrentTrackers {
  /** Announce URLs in tiers (BEP 12); `announce` alone is one tier of one. Each URL once, at most 100, each one that `AnnounceUrl` takes. */
  readonly trackers: ReadonlyArray<ReadonlyArray<string>>
  readonly unusedTrackers: ReadonlyArray<UnusedTracker>
}

/** A torrent with more wants to aim us at somebody. */
export const maxTrackers = 100

/** Bytes: longer than any announce URL with a pass key. */
const maxUrlLength = 2048

/** Reads `announce-list`, and `announce` where that names nobody whom we can call. */
export const trackersOf = (members: Members): TorrentTrackers => {
  const seen = new Set<string>()
  const unusedTrackers: Array<UnusedTracker> = []
  let used = 0
  /** The URL, if it is new and can be called. */
  const usable = (member: UnusedTracker["member"], view: BencodeView, refusal?: string): ReadonlyArray<string> => {
    const url = view.text?.trim() ?? ""
    if (url === "" || seen.has(url)) return []
    seen.add(url)
    const why = whyUncallable(url) ?? refusal ?? (used === maxTrackers ? `one of more than ${maxTrackers}` : undefined)
    if (why !== undefined) {
      unusedTrackers.push({ url, why, member })
      return []
    }
    used++
    return [url]
  }
  const listed = Array.from(itemsOf(members.get("announce-list")), (tier) =>
    Array.from(itemsOf(tier), (view) => usable("announce-list", view)).flat(),
  ).filter((tier) => tier.length > 0)
  const announce = members.get("announce")
  const refusal = listed.length > 0 ? "`announce-list` stands in its place" : undefined
  const single = announce === undefined ? [] : usable("announce", announce, refusal)
  return { trackers: single.length > 0 ? [single] : listed, unusedTrackers }
}

/** `announce` and `announce-list`, which are read again as what they were. */
export const membersFrom = ({
  trackers,
  unusedTrackers,
}: TorrentTrackers): Readonly<Record<UnusedTracker["member"], BencodeInput | undefined>> => {
  const unused = (member: UnusedTracker["member"]) =>
    unusedTrackers.flatMap((tracker) => (tracker.member === member ? [tracker.url] : []))
  const announce = unused("announce")[0] ?? trackers[0]?.[0]
  const beside = unused("announce-list")
  const tiers = beside.length > 0 ? [...trackers, beside] : trackers
  const listed = tiers.flat().length > 1 || (tiers.length > 0 && announce !== tiers[0]![0])
  return { announce, "announce-list": listed ? tiers : undefined }
}

const whyUncallable = (url: string): string | undefined => {
  if (Utf8.byteLength(url) > maxUrlLength) return `longer than ${maxUrlLength} bytes`
  return Result.match(AnnounceUrl.fromString(url), { onSuccess: () => undefined, onFailure: (why) => why })
}

/** Some creators leave out the list around a single one. */
const itemsOf = (view: BencodeView | undefined): Iterable<BencodeView> =>
  view === undefined ? [] : view.isList ? view.items() : [view]
