/**
 * Who is being tried, and who was rejected: a fold of the events of any search for a peer. Each peer counts once, as what it was last; of those who called and came to nothing, from another
 * port each time, only so many are counted.
 */
import { HashMap } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadEvent, type ProbeEvent, verdictInWords } from "@unchoke/engine"
import { count, grouped } from "./text.ts"

export type Trying = "dialling" | "connected" | "parked"

export interface Swarm {
  /** At most as many as there are seats for open connections. */
  readonly trying: HashMap.HashMap<string, Trying>
  /** The verdict on each peer that was rejected. */
  readonly rejected: HashMap.HashMap<string, string>
}

/** As many as are known of a torrent. */
const mostRejected = 10_000

/** Who did nothing wrong may be let go too. */
type Happening = ProbeEvent | Extract<DownloadEvent, { readonly _tag: "Rejected" }>

export const empty: Swarm = { trying: HashMap.empty(), rejected: HashMap.empty() }

export const step = (self: Swarm, event: Happening): Swarm => {
  const peer = NetAddress.formatInet(event.peer)
  switch (event._tag) {
    case "Dialling":
      return trying(self, peer, "dialling")
    case "Connected":
      return trying(self, peer, "connected")
    case "Parked":
      return trying(self, peer, "parked")
    case "Rejected":
      if (event.error._tag === "Dismissed") return { ...self, trying: HashMap.remove(self.trying, peer) }
      return {
        trying: HashMap.remove(self.trying, peer),
        rejected: isFull(self, peer) ? self.rejected : HashMap.set(self.rejected, peer, verdictInWords(event.error)),
      }
  }
}

const isFull = ({ rejected }: Swarm, peer: string): boolean =>
  HashMap.size(rejected) >= mostRejected && !HashMap.has(rejected, peer)

/** The choice was made: whoever was still being tried is let go. */
export const decided = (self: Swarm): Swarm => ({ ...self, trying: HashMap.empty() })

/** One of them is here now; the others are tried on. */
export const joined = (self: Swarm, address: NetAddress.InetAddress): Swarm => {
  const peer = NetAddress.formatInet(address)
  return { trying: HashMap.remove(self.trying, peer), rejected: HashMap.remove(self.rejected, peer) }
}

/** "12 dialling, 3 shaking hands, 2 waiting to be unchoked; 23 rejected: 12 timed out connecting, …"; empty when nothing has happened. */
export const describe = (self: Swarm): string => {
  const now = counted(HashMap.values(self.trying))
  const parts = (["dialling", "connected", "parked"] as const).flatMap((state) =>
    now.has(state) ? [`${grouped(now.get(state)!)} ${inWords[state]}`] : [],
  )
  const rejected = rejections(self)
  return [...(parts.length === 0 ? [] : [parts.join(", ")]), ...(rejected === "" ? [] : [rejected])].join("; ")
}

/** Who was rejected in the meantime. */
export const since = (self: Swarm, before: Swarm): Swarm => ({
  ...self,
  rejected: HashMap.filter(self.rejected, (_, peer) => !HashMap.has(before.rejected, peer)),
})

/** "23 rejected: 12 timed out connecting, …"; empty when there was nobody. */
export const rejections = (self: Swarm): string => {
  const amount = HashMap.size(self.rejected)
  return amount === 0 ? "" : `${grouped(amount)} rejected: ${verdicts(self)}`
}

/** "12 timed out connecting, 11 refused the connection": the most frequent first. */
export const verdicts = ({ rejected }: Swarm): string =>
  inOrder([...counted(HashMap.values(rejected))].toSorted(([, a], [, b]) => b - a))

/** The same for counts in an order of their own. */
export const inOrder = (counts: Iterable<readonly [string, number]>): string =>
  Array.from(counts, ([verdict, amount]) => `${grouped(amount)} ${verdict}`).join(", ")

/** How often each occurs, in the order of their first occurrence. */
export const counted = <A>(occurrences: Iterable<A>): ReadonlyMap<A, number> => {
  const counts = new Map<A, number>()
  for (const one of occurrences) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}

/** "2 peers". */
export const peers = (amount: number): string => count(amount, "peer")

const inWords: Readonly<Record<Trying, string>> = {
  dialling: "dialling",
  connected: "shaking hands",
  parked: "waiting to be unchoked",
}

const trying = (self: Swarm, peer: string, state: Trying): Swarm => ({
  ...self,
  trying: HashMap.set(self.trying, peer, state),
})
