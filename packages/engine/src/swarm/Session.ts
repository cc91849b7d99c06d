/** What all torrents of one program share: at which port we are called, how many connections there are, how fast we dial, what is read ahead. */
import { Context, Effect, Option, type Scope } from "effect"
import type { InvalidOption } from "../InvalidOption.ts"
import { type Given, sensible } from "../sensible.ts"
import type { AlreadyRunning } from "./AlreadyRunning.ts"
import { Listener } from "../peer/Listener.ts"
import type { Policy } from "../peer/encryption/Encryption.ts"
import * as Pace from "../probe/Pace.ts"
import * as Gates from "./Gate.ts"
import type { Gate } from "./Gate.ts"
import { Hall } from "./Hall.ts"
import { type Named, OneEach } from "./OneEach.ts"
import { DhtSource } from "../sources/DhtSource.ts"
import * as LocalDiscovery from "../sources/local/LocalDiscovery.ts"
import { Multicast } from "../sources/local/Multicast.ts"
import * as Reception from "./Reception.ts"
import { Places } from "./Places.ts"
import { Shelf } from "./Shelf.ts"

/** What holds for all torrents of a program together. */
export interface SessionOptions {
  /** The port at which we can be called; 0 is any that is free (default: the first of 6881 to 6889 that is free). */
  readonly port?: number | undefined
  /** Bytes a second that all torrents together receive (default: no limit). */
  readonly downloadLimit?: number | undefined
  /** Bytes a second that all torrents together send; 0 serves nobody (default: no limit). */
  readonly uploadLimit?: number | undefined
  /** The most connections of all torrents together (default: 200). */
  readonly maxPeers?: number | undefined
  /** Whether connections are encrypted (default: `prefer`, which is for peers that want nothing else). */
  readonly encryption?: Policy | undefined
}

/** libtorrent's session limit. */
const usualSeats = 200

export class Session extends Context.Service<
  Session,
  {
    readonly options: SessionOptions
    /** The torrent is in hand until the scope ends; fails when it is already. */
    readonly enter: (torrent: Named) => Effect.Effect<void, AlreadyRunning, Scope.Scope>
    /** Ends when one more dial may begin. */
    readonly pace: Effect.Effect<void>
    readonly seats: Hall
    /** Where what is received waits, for a torrent with a limit of its own; nowhere when there is no limit at all. */
    readonly inlet: (limit: number | undefined) => Gate | undefined
    /** The same for what is sent. */
    readonly outlet: (limit: number | undefined) => Gate | undefined
    /** How many peers are served at once. */
    readonly places: Places
    /** What is served is read ahead here. */
    readonly shelf: Shelf
    /** Where those who call us are received; nowhere in a program that cannot be called. */
    readonly reception: Reception.Reception | undefined
    /** Where peers in the same network are found; nowhere in a program that cannot hear them. */
    readonly localDiscovery: LocalDiscovery.LocalDiscovery | undefined
    /** The DHT, in a program that has a node of it. */
    readonly dht: DhtSource["Service"] | undefined
  }
>()("unchoke/Session") {}

/** One for a program; it listens as soon as the first swarm wants to be called. */
export const make = Effect.fnUntraced(function* (
  options: SessionOptions,
): Effect.fn.Return<Session["Service"], never, Scope.Scope> {
  const running = new OneEach<undefined>()
  const listener = yield* Effect.serviceOption(Listener)
  const dht = yield* Effect.serviceOption(DhtSource)
  const multicast = yield* Effect.serviceOption(Multicast)
  const ports = options.port === undefined ? Reception.usualPorts : [options.port]
  return {
    options,
    enter: (torrent) => running.enter(torrent, undefined),
    pace: yield* Pace.make(Pace.gentle),
    seats: new Hall(options.maxPeers ?? usualSeats),
    inlet: yield* gates(options.downloadLimit),
    outlet: yield* gates(options.uploadLimit),
    places: new Places(options.uploadLimit),
    shelf: new Shelf(),
    reception: Option.isNone(listener)
      ? undefined
      : yield* Effect.provideService(Reception.make(ports), Listener, listener.value),
    dht: Option.getOrUndefined(dht),
    localDiscovery: Option.isNone(multicast)
      ? undefined
      : yield* Effect.provideService(LocalDiscovery.make, Multicast, multicast.value),
  }
})

/** The one that is there, or one for this torrent alone. */
export const ambient: Effect.Effect<Session["Service"], never, Scope.Scope> = Effect.flatMap(
  Effect.serviceOption(Session),
  Option.match({ onSome: Effect.succeed, onNone: () => make({}) }),
)

/**
 * The torrent is in hand until the scope ends: before anything is looked at, so that whoever asks for it a second time is told so, whatever the folder; and so is whoever asks for what makes no sense, of this torrent or
 * of all of the program's.
 */
export const inHand = (
  torrent: Named,
  options: Given,
): Effect.Effect<void, AlreadyRunning | InvalidOption, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* Effect.serviceOption(Session)
    yield* sensible(options)
    if (Option.isNone(session)) return
    yield* sensible(session.value.options)
    yield* session.value.enter(torrent)
  })

/** Without any limit there is nothing to wait for. */
const gates = (shared: number | undefined) =>
  Effect.map(
    Gates.make(shared),
    (make) => (limit: number | undefined) => (shared === undefined && limit === undefined ? undefined : make(limit)),
  )
