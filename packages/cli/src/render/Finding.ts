/** A peer of a survey: how far its probe is, or how it ended. */
import { Duration } from "effect"
import type { NetAddress } from "effect/net"
import { type ProbeError, type Seen, verdictInWords } from "@unchoke/engine"
import type { Trying } from "./Swarm.ts"

export type Finding = { readonly peer: NetAddress.InetAddress } & (
  | { readonly state: "passed" | "partial"; readonly seen: Seen }
  | { readonly state: "rejected"; readonly seen: Seen; readonly error: ProbeError }
  | { readonly state: Trying; readonly seen: Seen | undefined }
)

/** "would give us the file", "would give us 37 %, encrypted", "timed out connecting". */
export const verdictOf = (self: Finding, pieces: number): string =>
  (self.state === "partial" ? `would give us ${share(self.seen.have ?? 0, pieces)}` : kindOf(self)) +
  (isEncrypted(self) ? ", encrypted" : "")

/** Whether we spoke to it behind an encrypted handshake. */
export const isEncrypted = ({ seen }: Finding): boolean => seen?.encrypted !== undefined

/** The same without numbers: "would give us a part". */
export const kindOf = (self: Finding): string =>
  self.state === "rejected" ? verdictInWords(self.error) : inWords[self.state]

/** "37 %"; 100 only when it is all. */
export const share = (have: number, pieces: number): string => {
  const percent = Math.floor((have / pieces) * 100)
  return percent === 0 && have > 0 ? "<1 %" : `${percent} %`
}

/** Whether it was reached, and has something: said so, and would not give it. */
export const keepsToItself = ({ seen, state }: Finding): boolean =>
  state !== "passed" && state !== "partial" && (seen?.have ?? 0) > 0

/** Whether somebody is there: the connection stood. */
export const exists = (self: Finding): boolean =>
  self.state === "rejected" ? self.error._tag !== "ConnectFailed" : self.state !== "dialling"

export const isWillingPeer = ({ state }: Finding): boolean => state === "passed" || state === "partial"

/** Those who would give us the file first, the quickest to unchoke before the others; then those who would give a part, the most before the others; then by how far they got. */
export const byWorth = (a: Finding, b: Finding): number =>
  reach(a) - reach(b) ||
  (a.state === "partial" ? (b.seen?.have ?? 0) - (a.seen?.have ?? 0) : 0) ||
  millis(a.seen?.unchoke) - millis(b.seen?.unchoke) ||
  (b.seen?.have ?? 0) - (a.seen?.have ?? 0) ||
  millis(a.seen?.elapsed) - millis(b.seen?.elapsed)

const inWords: Readonly<Record<"passed" | "partial" | Trying, string>> = {
  passed: "would give us the file",
  partial: "would give us a part",
  parked: "still waiting to be unchoked",
  connected: "still shaking hands",
  dialling: "still dialling",
}

/** How far it got: 0 is all the way. */
const reach = (self: Finding): number => {
  switch (self.state) {
    case "passed":
      return 0
    case "partial":
      return 1
    case "parked":
      return 2
    case "connected":
      return 5
    case "dialling":
      return 6
    case "rejected":
      return reachOf(self.error)
  }
}

const reachOf = (error: ProbeError): number => {
  switch (error._tag) {
    case "ChokeTimeout":
      return 2
    case "IncompletePeer":
    case "DescriptionRefused":
      return 3
    case "ProtocolViolation":
    case "Disconnected":
      return error.phase === "bitfield" ? 4 : 2
    case "HandshakeFailed":
      return 5
    case "ConnectFailed":
      return 6
  }
}

const millis = (duration: Duration.Duration | undefined): number =>
  duration === undefined ? Number.MAX_SAFE_INTEGER : Duration.toMillis(duration)
