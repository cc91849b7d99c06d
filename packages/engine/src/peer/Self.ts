/** Who we are to other peers. */
import { PeerId } from "@unchoke/protocol"
import type { ExtendedHandshake } from "@unchoke/protocol"
import { Effect, Random } from "effect"
import type { NetAddress } from "effect/net"

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

/** What there is to say of us to one peer. */
export interface About {
  /** The extensions that we speak, and the ids under which we want them. */
  readonly extensions?: Readonly<Record<string, number>> | undefined
  /** The TCP port at which we can be called. */
  readonly port?: number | undefined
  /** How many requests of its we take, where we serve. */
  readonly requestQueue?: number | undefined
  /** The length of the torrent's description, which we give to whoever asks (BEP 9), in bytes. */
  readonly metadataSize?: number | undefined
  /** Whether we have everything that we want (BEP 21). */
  readonly uploadOnly?: boolean | undefined
  /** Its address, as we see it. */
  readonly yourAddress?: NetAddress.IpAddress | undefined
}

/** What we say in the extended handshake (BEP 10). */
export const greeting = (about: About): ExtendedHandshake.Greeting => ({ client: `unchoke ${version}`, ...about })
