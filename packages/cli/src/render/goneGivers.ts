/** Who has given us something and is not here any more: what came of each, in words. */
import { HashMap } from "effect"
import { NetAddress } from "effect/net"
import { type Rejection, verdictInWords } from "@unchoke/engine"
import type { Giver, Peers } from "./Peers.ts"
import * as Units from "./units.ts"

/** So many are named; more are counted. */
const mostNamed = 3

export interface GoneGivers {
  /** "127.0.0.1:6881 (Transmission 3.00) gave 1.2 MiB and hung up on us; called again, it refused the connection": who gave most first. */
  readonly sentences: ReadonlyArray<string>
  /** The verdicts on all others. */
  readonly others: ReadonlyArray<Rejection>
}

/** A giver that is not here. */
type Gone = Omit<Giver, "left"> & { readonly left: NonNullable<Giver["left"]> }

/** `rejections`: the last verdict on everybody. */
export const goneGivers = ({ givers }: Peers, rejections: ReadonlyArray<Rejection>): GoneGivers => {
  const last = new Map(rejections.map((error) => [NetAddress.formatInet(error.peer), error]))
  const gone = [...HashMap.entries(givers)]
    .flatMap(([peer, { bytes, left, who }]) => (left === undefined ? [] : [{ bytes, left, peer, who }]))
    .toSorted((a, b) => b.bytes - a.bytes)
  const names = new Set(gone.map(({ peer }) => peer))
  const named = gone.slice(0, mostNamed)
  const rest = gone.slice(named.length)
  const bytes = rest.reduce((sum, { bytes }) => sum + bytes, 0)
  return {
    sentences: [
      ...named.map((giver) => inWords(giver, last.get(giver.peer))),
      ...(rest.length === 0 ? [] : [`${rest.length} more gave ${Units.bytes(bytes)} and left`]),
    ],
    others: rejections.filter(({ peer }) => !names.has(NetAddress.formatInet(peer))),
  }
}

const inWords = ({ bytes, left, who }: Gone, last: Rejection | undefined): string => {
  const why = verdictOn(left)
  const since = last === undefined ? why : verdictOn(last)
  return `${who} gave ${Units.bytes(bytes)} and ${why}${since === why ? "" : `; called again, it ${since}`}`
}

/** As what a peer did. */
const verdictOn = (error: Rejection): string => {
  if (error._tag === "Dismissed" && error.reason === "nothing to exchange") return "had nothing more for us"
  const verdict = verdictInWords(error)
  return /^(unreachable|not dialled)/.test(verdict) ? `was ${verdict}` : verdict
}
