/** An encrypted handshake, over a connection that stands. */
import { Encryption } from "@unchoke/protocol"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { Socket } from "effect/socket"
import { NotEncrypted } from "./NotEncrypted.ts"
import { enciphered, joined, type Way } from "./Way.ts"

export interface Agreement {
  readonly way: Way
  readonly method: Encryption.Method
}

/** Drives a handshake to its end; `heard` has been read already. How long it may take is the caller's to say. */
export const negotiate = Effect.fnUntraced(function* (
  way: Way,
  handshake: Pick<Encryption.Initiator, "push">,
  heard: Uint8Array = new Uint8Array(0),
): Effect.fn.Return<Agreement, Socket.SocketError> {
  let chunk = heard
  for (;;) {
    const step = handshake.push(chunk)
    if (step._tag === "Failed") return yield* Effect.fail(readError(new NotEncrypted(step.reason)))
    if (step.send.length > 0) yield* way.writer.write(step.send)
    if (step._tag === "Agreed") return { way: enciphered(way, step), method: step.method }
    chunk = joined(yield* way.pull)
  }
})

export const readError = (cause: Error): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })

/** A fresh private key, and padding of any length that it may have. */
export const secrets = () => {
  const random = SecureRandom.randomBytesUnsafe
  const pad = () => {
    const [high, low] = random(2)
    return random((high! * 256 + low!) % (Encryption.longestPad + 1))
  }
  return { privateKey: random(Encryption.DiffieHellman.privateKeyLength), pad }
}
