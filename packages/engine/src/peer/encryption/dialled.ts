/**
 * A call to a peer, in plain words or behind an encrypted handshake.
 *
 * Where both are allowed, nobody is kept waiting: plain words first; an encrypted handshake, over a second connection, at once when the peer hangs up on them, and beside them when it is silent. Whichever it answers is the
 * one. Invariants: there are at most two connections, and one as soon as it is known how the peer wants to be spoken to; that is remembered, until it proves wrong. The second dial waits for its turn as any other.
 */
import { Encryption } from "@unchoke/protocol"
import { Duration, Effect, Exit, Fiber, Option, Result, Scope } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"
import type { Approach, Errand } from "../Approach.ts"
import type { Dialer } from "../Dialer.ts"
import { isReset } from "../socketReasons.ts"
import * as Line from "./Line.ts"
import { negotiate, secrets } from "./negotiate.ts"
import type { Remembered } from "./Remembered.ts"
import type { Said } from "./Said.ts"
import * as Way from "./Way.ts"

export interface Calling {
  readonly dialer: Dialer["Service"]
  /** The methods that are offered. */
  readonly provide: ReadonlyArray<Encryption.Method>
  /** Whether plain words are out of the question. */
  readonly required: boolean
  readonly remembered: Remembered
}

/** After this part of our patience a silent peer is called in the other way too: a living one has nearly always answered by then. */
const hush = 0.4

export const dialled = (calling: Calling, peer: NetAddress.InetAddress, errand: Errand): Socket.Socket => {
  const { dialer, provide, remembered, required } = calling
  const connected = Effect.flatMap(
    Effect.suspend(() => dialer.dial(peer, errand)),
    Way.open,
  )
  let approach: Approach = {}
  const tell = (change: Approach) => errand.tell((approach = { ...approach, ...change }))

  /** Comes to an agreement over a connection that stands; `initial` is what the peer is to hear first. */
  const agree = Effect.fnUntraced(function* (way: Way.Way, initial: () => Uint8Array) {
    tell({ encrypted: "under way" })
    const { pad, privateKey } = secrets()
    const { infoHash } = errand
    const handshake = new Encryption.Initiator({ infoHash, provide, privateKey, padA: pad(), padC: pad(), initial })
    yield* way.writer.write(handshake.opening)
    const agreed = yield* negotiate(way, handshake)
    tell({ encrypted: agreed.method })
    remembered.set(peer, "encrypted")
    return agreed.way
  })

  /** Hears whether plain words are answered, and how they come to nothing. */
  const hearing = Effect.fnUntraced(function* (near: Way.Way) {
    const answer = yield* Effect.forkChild(near.pull)
    return Effect.map(Fiber.join(answer), (first): Way.Way => {
      remembered.set(peer, "plain")
      tell({ plain: undefined, encrypted: undefined })
      return { ...near, first }
    }).pipe(Effect.tapError((error) => Effect.sync(() => tell({ plain: isReset(error) ? "reset" : "closed" }))))
  })

  const plainFirst = Effect.fnUntraced(function* (near: Way.Way, nearScope: Scope.Closeable, said: Said) {
    const answered = yield* hearing(near)
    const soon = yield* Effect.result(Effect.timeoutOption(answered, Duration.times(errand.patience, hush)))
    if (Result.isSuccess(soon) && Option.isSome(soon.success)) return soon.success.value
    const words = said.take()
    if (words === undefined) return yield* answered
    const farScope = yield* Scope.fork(yield* Effect.scope)
    let cause: Socket.SocketError | undefined
    const otherwise = Effect.andThen(errand.pace, connected).pipe(
      Scope.provide(farScope),
      Effect.flatMap((far) => agree(far, () => words)),
      Effect.tapError((error) => Effect.sync(() => void (cause = error))),
    )
    if (Result.isFailure(soon)) {
      yield* Scope.close(nearScope, Exit.void)
      // Who cannot be reached any more has hung up on plain words, as far as we know.
      return yield* Effect.mapError(otherwise, (error) => (approach.encrypted === undefined ? soon.failure : error))
    }
    tell({ plain: "timed out" })
    const way = yield* Effect.raceAll([answered, otherwise]).pipe(
      Effect.mapError((error) => (approach.encrypted === undefined ? error : (cause ?? error))),
    )
    yield* Scope.close(approach.encrypted === undefined ? farScope : nearScope, Exit.void)
    return way
  })

  const search = Effect.gen(function* (): Effect.fn.Return<Line.Search, Socket.SocketError, Scope.Scope> {
    const nearScope = yield* Scope.fork(yield* Effect.scope)
    const near = yield* Scope.provide(connected, nearScope)
    const habit = required ? "encrypted" : remembered.of(peer)
    const find = (said: Said) => {
      switch (habit) {
        case "encrypted":
          return agree(near, () => said.take() ?? new Uint8Array(0))
        case "plain":
          return Effect.flatMap(hearing(near), (answered) => answered)
        case undefined:
          return plainFirst(near, nearScope, said)
      }
    }
    return {
      near,
      speaksPlainly: habit !== "encrypted",
      find: (said) =>
        Effect.onExit(find(said), (exit) =>
          Effect.sync(() => {
            if (Exit.isFailure(exit)) remembered.forget(peer)
          }),
        ),
    }
  })
  return Line.socket(search)
}
