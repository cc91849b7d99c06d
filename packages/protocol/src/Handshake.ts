/** The 68 bytes with which every conversation begins (BEP 3), and the extensions announced in them (BEP 5, 6, 10). */
import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"

/** The length of a handshake in bytes. */
export const byteLength = 68

/** So many bytes tell that this is BitTorrent. */
export const greetingEnd = 20

/** So many bytes tell which torrent it is about; who speaks comes behind them, from some clients only after our answer. */
export const infoHashEnd = 48

/** What the two sides must know of each other before they talk. */
export interface Handshake {
  /** Which torrent, 20 bytes. */
  readonly infoHash: Uint8Array
  /** Who is speaking, 20 bytes. */
  readonly peerId: Uint8Array
  /** Speaks the fast extension (BEP 6): `have_all`, `have_none`, `reject`, `allowed_fast`. */
  readonly fast: boolean
  /** Speaks the extension protocol (BEP 10). */
  readonly extended: boolean
  /** Has a DHT node (BEP 5). */
  readonly dht: boolean
}

/** `bytes ⇄ handshake`, as a schema. */
export const Handshake = Schema.Struct({
  infoHash: Schema.Uint8Array.check(Schema.isMinLength(20), Schema.isMaxLength(20)),
  peerId: Schema.Uint8Array.check(Schema.isMinLength(20), Schema.isMaxLength(20)),
  fast: Schema.Boolean,
  extended: Schema.Boolean,
  dht: Schema.Boolean,
})

/** Whether these first bytes can still become a handshake: enough to hang up on a stranger without waiting for all 68. */
export const isPrefix = (bytes: Uint8Array): boolean => {
  const length = Math.min(bytes.length, greeting.length)
  for (let i = 0; i < length; i++) if (bytes[i] !== greeting[i]) return false
  return true
}

/** Reads which torrent it is about from the first 48 of `bytes`; fails where they are too few or not BitTorrent's. */
export const infoHashIn = (bytes: Uint8Array): Result.Result<Uint8Array, "not BitTorrent"> =>
  bytes.length < infoHashEnd || !isPrefix(bytes)
    ? Result.fail("not BitTorrent")
    : Result.succeed(new Uint8Array(bytes.subarray(28, infoHashEnd)))

/** Reads a handshake from the first 68 of `bytes`; fails where they are too few or not BitTorrent's. */
export const parse = (bytes: Uint8Array): Result.Result<Handshake, "not BitTorrent"> =>
  bytes.length < byteLength || !isPrefix(bytes)
    ? Result.fail("not BitTorrent")
    : Result.succeed({
        infoHash: new Uint8Array(bytes.subarray(28, infoHashEnd)),
        peerId: new Uint8Array(bytes.subarray(infoHashEnd, byteLength)),
        fast: (bytes[27]! & 0x04) !== 0,
        extended: (bytes[25]! & 0x10) !== 0,
        dht: (bytes[27]! & 0x01) !== 0,
      })

/** The 68 bytes of a handshake. */
export const print = (handshake: Handshake): Uint8Array => {
  const bytes = new Uint8Array(byteLength)
  bytes.set(greeting)
  if (handshake.extended) bytes[25]! |= 0x10
  if (handshake.fast) bytes[27]! |= 0x04
  if (handshake.dht) bytes[27]! |= 0x01
  bytes.set(handshake.infoHash, 28)
  bytes.set(handshake.peerId, 48)
  return bytes
}

/** The codec `Uint8Array ⇄ Handshake`. */
export const FromBytes = Schema.Uint8Array.pipe(
  Schema.decodeTo(Handshake, {
    decode: SchemaGetter.transformEffect((bytes, options) =>
      Result.match(parse(bytes), {
        onSuccess: Effect.succeed,
        onFailure: (message) => Effect.fail(new SchemaIssue.InvalidValue({ message }, bytes, options)),
      }),
    ),
    encode: SchemaGetter.transform(print),
  }),
)

const greeting = Uint8Array.from([19, ...Array.from("BitTorrent protocol", (letter) => letter.charCodeAt(0))])
