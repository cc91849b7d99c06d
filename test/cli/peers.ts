/** Peers and what is known of them, for tests of what is shown. */
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import type { Seen } from "@unchoke/engine"

export const peer = (last: number): NetAddress.InetAddress =>
  NetAddress.inetAddressFromStringUnsafe(`10.0.0.${last}:6881`)

/** Times in milliseconds. */
export const seen = (facts: {
  readonly client?: string
  readonly have?: number
  readonly connect?: number
  readonly handshake?: number
  readonly unchoke?: number
  readonly elapsed?: number
}): Seen => ({
  ...(facts.client === undefined ? {} : { client: facts.client }),
  ...(facts.have === undefined ? {} : { have: facts.have }),
  ...(facts.connect === undefined ? {} : { connect: Duration.millis(facts.connect) }),
  ...(facts.handshake === undefined ? {} : { handshake: Duration.millis(facts.handshake) }),
  ...(facts.unchoke === undefined ? {} : { unchoke: Duration.millis(facts.unchoke) }),
  elapsed: Duration.millis(facts.elapsed ?? 100),
})
