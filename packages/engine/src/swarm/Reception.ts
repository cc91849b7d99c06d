/**
 * Where peers that call us are received: their handshake is read, the torrent that it names is found, and whoever has it welcomes them.
 *
 * One for all torrents of a program, whether or not it can be called. Invariants: no torrent is here twice; when a registration ends, so have all its callers' connections; a stranger
 * costs a bounded place for a bounded time (`Callers`), is told nothing, and is nobody's error.
 */
import { Effect, Fiber, FiberSet, RcRef, type Scope } from "effect"
import { accept } from "../peer/accept.ts"
import * as Deadlines from "../peer/Deadlines.ts"
import type { Link } from "../peer/Link.ts"
import { linkWith } from "../peer/openLink.ts"
import { type Incoming, Listener, type ListenFailed } from "../peer/Listener.ts"
import type { Self } from "../peer/Self.ts"
import type { Subject } from "../peer/Subject.ts"
import type { AlreadyRunning } from "./AlreadyRunning.ts"
import { Callers } from "./Callers.ts"
import { type Named, OneEach } from "./OneEach.ts"

/** Where one listens unless told otherwise. */
export const usualPorts: ReadonlyArray<number> = [6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889]

/** Who has a torrent. */
export interface Host {
  readonly torrent: Subject & Named
  readonly self: Self
  /** A peer has called, and handshakes are exchanged. Its connection belongs to the scope, which ends with this. */
  readonly welcome: (link: Link) => Effect.Effect<void, never, Scope.Scope>
}

export interface Reception {
  /** Callers for this torrent go to the host, until the scope ends. */
  readonly register: (host: Host) => Effect.Effect<void, AlreadyRunning, Scope.Scope>
  /** The port at which we can be called, for as long as the scope: the first who asks begins to listen, and it ends with the last. */
  readonly listen: Effect.Effect<number, ListenFailed, Scope.Scope>
}

interface Registered extends Host {
  readonly guests: FiberSet.FiberSet
}

/** A reception that listens, when it does, on the first of the ports that is free. */
export const make = Effect.fnUntraced(function* (
  ports: ReadonlyArray<number>,
): Effect.fn.Return<Reception, never, Listener | Scope.Scope> {
  const listener = yield* Listener
  const hosts = new OneEach<Registered>()
  const callers = new Callers()
  const deadline = Deadlines.race.handshake
  const find = (infoHash: Uint8Array) => hosts.find(infoHash)
  const infoHashes = () => hosts.infoHashes

  const admit = Effect.fnUntraced(function* (incoming: Incoming) {
    const { peer } = incoming
    const entered = yield* Effect.acquireRelease(
      Effect.sync(() => callers.enter(peer)),
      (entered) => Effect.sync(() => entered && callers.leave(peer)),
    )
    if (!entered) return Effect.void
    const fiber = Fiber.getCurrent()!
    const heard = callers.listenTo(() => fiber.interruptUnsafe())
    const [host, caller] = yield* Effect.ensuring(accept(incoming, { deadline, find }), Effect.sync(heard))
    FiberSet.addUnsafe(host.guests, fiber)
    return host.welcome(yield* linkWith(caller, host.torrent))
  })
  // The connection is closed before the fiber ends: whoever waits for its guests to leave waits for that.
  const receive = (incoming: Incoming) => Effect.scoped(Effect.ignore(Effect.flatten(admit(incoming))))

  const listening = yield* RcRef.make({ acquire: listener.listen(ports, receive, infoHashes) })
  return {
    listen: Effect.map(RcRef.get(listening), ({ port }) => port),
    register: Effect.fnUntraced(function* (host) {
      const guests = yield* FiberSet.make()
      yield* hosts.enter(host.torrent, { ...host, guests })
    }),
  }
})
