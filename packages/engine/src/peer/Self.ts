/** Who we are to other peers. */
import { PeerId } from "@unchoke/protocol"
import type { ExtendedHandshake } from "@unchoke/protocol"
import { Effect, Random } from "effect"

/** The version of the engine, as peers and trackers are told. */
export const version = "0.1.0"

/** Our identity for one run. */
export interface Self {
  /** 20 bytes, fresh for each run. */
  readonly peerId: Uint8Array
}

/** A new identity. */
export const make: Effect.Effect<Self> = Effect.gen(function* () {
  const random = new Uint8Array(12)
  for (let i = 0; i < random.length; i++) random[i] = yield* Random.nextIntBetween(0, 256)
  return { peerId: PeerId.make(version, random) }
})

/** The extensions that we speak. */
export const extensions = { fast: true, extended: true, dht: false } as const

/** What we say in the extended handshake (BEP 10). We serve nothing yet, so we take no requests. */
export const extendedHandshake: ExtendedHandshake.Greeting = { client: `unchoke ${version}` }
