/** A peer of a survey: how far its probe is, or how it ended. */
import { Duration } from "effect"
import type { NetAddress } from "effect/net"
import { type ProbeError, type Seen, verdictInWords } from "unchoke"
import type { Trying } from "./Swarm.ts"

export type Finding = { readonly peer: NetAddress.InetAddress } & (
  | { readonly state: "passed"; readonly seen: Seen }
  | { readonly state: "rejected"; readonly seen: Seen; readonly error: ProbeError }
  | { readonly state: Trying; readonly seen: Seen | undefined }
)

/** "would give us the file", "timed out connecting". */
export const verdictOf = (self: Finding): string =>
  self.state === "rejected" ? verdictInWords(self.error) : inWords[self.state]

/** Those who would give us the file first, the quickest to unchoke before the others; then by how far they got. */
export const byWorth = (a: Finding, b: Finding): number =>
  reach(a) - reach(b) ||
  millis(a.seen?.unchoke) - millis(b.seen?.unchoke) ||
  (b.seen?.have ?? 0) - (a.seen?.have ?? 0) ||
  millis(a.seen?.elapsed) - millis(b.seen?.elapsed)

const inWords: Readonly<Record<"passed" | Trying, string>> = {
  passed: "would give us the file",
  parked: "still waiting to be unchoked",
  connected: "still shaking hands",
  dialling: "still dialling",
}

/** How far it got: 0 is all the way. */
const reach = (self: Finding): number => {
  switch (self.state) {
    case "passed":
      return 0
    case "parked":
      return 1
    case "connected":
      return 4
    case "dialling":
      return 5
    case "rejected":
      return reachOf(self.error)
  }
}

const reachOf = (error: ProbeError): number => {
  switch (error._tag) {
    case "ChokeTimeout":
      return 1
    case "IncompletePeer":
      return 2
    case "ProtocolViolation":
    case "Disconnected":
      return error.phase === "bitfield" ? 3 : 1
    case "HandshakeFailed":
      return 4
    case "ConnectFailed":
      return 5
  }
}

const millis = (duration: Duration.Duration | undefined): number =>
  duration === undefined ? Number.MAX_SAFE_INTEGER : Duration.toMillis(duration)
