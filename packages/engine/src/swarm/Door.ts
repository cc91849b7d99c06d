/**
 * Where those who call for one torrent come in: to whoever has it in hand at the time, first who asks what it is, then its swarm.
 *
 * Invariants: it is registered once, for as long as the scope in which it was first opened; a caller has one seat for as long as it is here, whoever receives it; when the scope of somebody who receives ends, so have the
 * connections of all whom it had let in.
 */
import { Deferred, Duration, Effect, Fiber, FiberSet, type Scope } from "effect"
import { keepAlive, type Link } from "../peer/Link.ts"
import type { Self } from "../peer/Self.ts"
import type { Subject } from "../peer/Subject.ts"
import { Permit, type Permits } from "../probe/Permit.ts"
import type { AlreadyRunning } from "./AlreadyRunning.ts"
import type { Named } from "./OneEach.ts"
import type { Reception } from "./Reception.ts"

/** Has a caller in, until it is gone. Its connection belongs to the scope. */
export type Receive = (link: Link) => Effect.Effect<void, never, Scope.Scope>

export interface DoorOptions {
  readonly torrent: Named
  readonly reception: Reception
  readonly self: Self
  readonly seats: Permits
}

/** A caller for whom there is no seat by then is let go. */
const longestWaitForSeat = Duration.seconds(20)

interface Host {
  readonly subject: Subject
  readonly receive: Receive
  readonly callers: FiberSet.FiberSet
}

export class Door {
  readonly #options: DoorOptions
  #host: Host | undefined
  readonly #described = Deferred.makeUnsafe<void>()

  constructor(options: DoorOptions) {
    this.#options = options
  }

  /** From now on callers are received so, until the scope ends; those who are here stay. */
  readonly open = Effect.fnUntraced({ self: this }, function* (subject: Subject, receive: Receive): Effect.fn.Return<
    void,
    AlreadyRunning,
    Scope.Scope
  > {
    const isFirst = this.#host === undefined
    const callers = yield* FiberSet.make()
    this.#host = { subject, receive, callers }
    if (subject.geometry !== undefined) yield* Deferred.succeed(this.#described, undefined)
    if (isFirst) yield* this.#register()
  })

  /** Hands a caller on to who receives when it is known what the torrent is; ends when it is gone. */
  readonly passOn: Receive = (link) =>
    Effect.andThen(
      // It is decided what is wanted, which may take as long as people take.
      Effect.raceFirst(Deferred.await(this.#described), Effect.andThen(keepAlive(link), Effect.never)),
      Effect.suspend(() => this.#receive(link)),
    )

  #register() {
    const { reception, self, torrent } = this.#options
    const subject = () => this.#host!.subject
    return reception.register({
      self,
      get torrent() {
        const { geometry } = subject()
        return { ...torrent, ...(geometry && { geometry }) }
      },
      welcome: (link) => Effect.ignore(this.#seat(link)),
    })
  }

  #seat(link: Link) {
    const seat = new Permit(this.#options.seats)
    return Effect.addFinalizer(() => seat.release).pipe(
      Effect.andThen(Effect.timeout(seat.take, longestWaitForSeat)),
      Effect.andThen(Effect.suspend(() => this.#receive(link))),
    )
  }

  #receive(link: Link): ReturnType<Receive> {
    const { callers, receive } = this.#host!
    FiberSet.addUnsafe(callers, Fiber.getCurrent()!)
    return receive(link)
  }
}
