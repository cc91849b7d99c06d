/**
 * A call from a peer, in plain words or behind an encrypted handshake: its first bytes tell.
 *
 * A stranger who says 96 bytes costs us two powers of a number of 768 bits (0.7 ms) and is told our key, which tells it nothing. It may say so much and no more before it is understood; how long it may take is the caller's
 * to say.
 */
import { Encryption, Handshake } from "@unchoke/protocol"
import { Bytes, Effect } from "effect"
import type { Socket } from "effect/socket"
import * as Line from "./Line.ts"
import { negotiate, readError, secrets } from "./negotiate.ts"
import { NotEncrypted } from "./NotEncrypted.ts"
import * as Way from "./Way.ts"

export interface Answering {
  /** The info hash of the torrent that has this name. */
  readonly find: (name: Uint8Array) => Uint8Array | undefined
  /** The methods that we would have, the best first. */
  readonly select: ReadonlyArray<Encryption.Method>
  /** Whether plain words are out of the question. */
  readonly required: boolean
  /** Told how what follows an encrypted handshake is sent. */
  readonly agreed: (method: Encryption.Method) => void
}

/** The connection as it is after what its first bytes ask for: itself, or what is behind the encrypted handshake. */
export const answered = (socket: Socket.Socket, { agreed, find, required, select }: Answering): Socket.Socket =>
  Line.socket(
    Effect.map(Way.open(socket), (near) => ({
      near,
      speaksPlainly: false,
      find: () =>
        Effect.gen(function* () {
          let heard = new Uint8Array(0)
          while (Handshake.isPrefix(heard)) {
            if (heard.length < Handshake.greetingEnd) {
              heard = Bytes.concat([heard, ...(yield* near.pull)])
              continue
            }
            if (required) return yield* Effect.fail(readError(new NotEncrypted("not encrypted")))
            return { ...near, first: [heard] as const }
          }
          const { pad, privateKey } = secrets()
          const handshake = new Encryption.Responder({ find, select, privateKey, padB: pad(), padD: pad() })
          const agreement = yield* negotiate(near, handshake, heard)
          agreed(agreement.method)
          return agreement.way
        }),
    })),
  )
