/**
 * A whole swarm of our own engines in memory, under virtual time: who has how much when, and what became of each.
 *
 * Every peer is a complete engine on a node of a `MemoryNetwork`, and finds the others through a tracker that tells the truth. The same scene with the same seed takes the same course.
 */
import { Cause, Duration, Effect, Exit, Fiber, identity, Layer, References, Stream, Tracer } from "effect"
import { NetAddress } from "effect/net"
import {
  type DownloadEvent,
  type DownloadOptions,
  type LinkDownloadError,
  type OpenTorrent,
  Torrent,
  Unchoke,
} from "@unchoke/engine"
import * as Content from "./Content.ts"
import * as ContentStore from "./ContentStore.ts"
import * as MemoryNetwork from "./MemoryNetwork.ts"
import * as MemoryTracker from "./MemoryTracker.ts"
import * as TestDigest from "./TestDigest.ts"
import * as VirtualTime from "./VirtualTime.ts"

/** One peer: when it comes, what it has, what its line is like. */
export interface PeerOptions extends MemoryNetwork.NodeOptions {
  /** What it has from the beginning: a seed has everything (default: nothing). */
  readonly has?: (piece: number) => boolean
  /** When it comes (default: at the beginning). */
  readonly comes?: Duration.Input
  /** When it goes, whatever it has (default: never). */
  readonly goes?: Duration.Input
  /** Whether it serves on when it has everything (default: yes). */
  readonly stays?: boolean
  readonly buffers?: number
  /** Whether it has no more than a link, and has to be told what the torrent is (default: no). */
  readonly byLink?: boolean
  readonly options?: Partial<DownloadOptions>
  /** It reads what it downloads, and the scene does not end before this has. */
  readonly reads?: (read: OpenTorrent["read"]) => Effect.Effect<void>
}

/** A torrent, those who take part, and what they meet. */
export interface Scene {
  readonly pieces: number
  /** In bytes (default: a block). */
  readonly pieceLength?: number
  readonly peers: ReadonlyArray<PeerOptions>
  readonly seed?: number
  readonly tracker?: MemoryTracker.Options
  readonly network?: MemoryNetwork.NetworkOptions
  /** It ends when all are done or gone, or after so long (default: an hour). */
  readonly atMost?: Duration.Input
  /** Where the spans of all of them go. */
  readonly tracer?: Tracer.Tracer
  /** Hears everything as it happens; times in seconds. */
  readonly heard?: (peer: number, event: DownloadEvent, time: number) => void
}

/** What became of a peer; times in seconds. */
export interface Course {
  /** When it came. */
  readonly came: number
  /** When each of its pieces was stored, in that order, since the swarm began. */
  readonly stored: ReadonlyArray<number>
  readonly pieces: ReadonlySet<number>
  /** When it had everything. */
  readonly done: number | undefined
  /** How its download ended before the swarm did, where it did. */
  readonly end: Exit.Exit<void, LinkDownloadError> | undefined
  /** Bytes of its node, all that was said included. */
  readonly sent: number
  readonly received: number
  /** Connections that are open, and buffers that are out, when everybody has left. */
  readonly connections: number
  readonly lent: number
}

/** What became of everybody. */
export interface Outcome {
  readonly peers: ReadonlyArray<Course>
  /** When it ended, in seconds. */
  readonly seconds: number
  readonly announces: ReadonlyArray<MemoryTracker.Announced>
  /** What the peers that had everything at the beginning had sent when the others had all of it between them, by the length of the torrent; `undefined` where they never had. */
  readonly copiesBeforeOne: number | undefined
}

/** The port on which each of them listens. */
const port = 6881

/** How often it is looked at, in seconds. */
const tick = 0.25

/** `has` of a peer that has every piece. */
export const all = (): boolean => true

/** Where the peer of this number is: on the internet, each in a network of its own. */
const hostOf = (peer: number): string => `5.${peer >> 8}.${peer & 255}.1`

/** Where a peer of the scene is called. */
export const addressOf = (peer: number): NetAddress.InetAddress =>
  NetAddress.inetAddressFromIpStringUnsafe(hostOf(peer), port)

/** Plays the scene to its end. */
export const play = (scene: Scene): Effect.Effect<Outcome> =>
  VirtualTime.run(
    Effect.scoped(simulate(scene)).pipe(
      Effect.provideService(References.MinimumLogLevel, "None"),
      scene.tracer === undefined ? identity : Effect.provideService(Tracer.Tracer, scene.tracer),
    ),
  )

const simulate = Effect.fnUntraced(function* (scene: Scene) {
  const { heard, pieceLength = 16_384, pieces, atMost = Duration.hours(1), seed = 0 } = scene
  const content = Content.make({ files: pieces * pieceLength, pieceLength, announce: MemoryTracker.url })
  const network = yield* MemoryNetwork.make({ seed, buffer: 65_536, ...scene.network })
  const tracker = yield* MemoryTracker.make({ seed, ...scene.tracker })
  const clock = yield* Effect.clockWith(Effect.succeed)
  const now = () => clock.currentTimeMillisUnsafe() / 1000
  const actors = scene.peers.map((options, number) => {
    return new Actor(options, network.node(hostOf(number), options), hostOf(number))
  })
  const seeds = actors.filter(({ options }) => options.has === all)
  const others = actors.filter(({ options }) => options.has !== all)
  const between = new Set<number>()
  let copiesBeforeOne: number | undefined

  const stored = (actor: Actor, piece: number) => {
    actor.stored.push(now())
    if (!others.includes(actor)) return
    between.add(piece)
    if (copiesBeforeOne !== undefined || between.size < pieces) return
    copiesBeforeOne = seeds.reduce((sum, { node }) => sum + node.sent(), 0) / (pieces * pieceLength)
  }

  const act = (actor: Actor, number: number) =>
    Effect.gen(function* () {
      const { buffers, byLink = false, has, options, stays = true } = actor.options
      const comes = Duration.fromInputUnsafe(actor.options.comes ?? 0)
      const goes = Duration.fromInputUnsafe(actor.options.goes ?? Infinity)
      yield* Effect.sleep(comes)
      actor.came = now()
      const engine = Unchoke.layerWith({ port }).pipe(
        Layer.provideMerge(
          Layer.mergeAll(
            actor.node.layer,
            TestDigest.layer,
            tracker.layer(actor.host),
            ContentStore.layer(content, { ...(has && { has }), ...(buffers && { buffers }) }),
          ),
        ),
      )
      const download = Effect.gen(function* () {
        const unchoke = yield* Unchoke
        actor.store = yield* ContentStore.ContentStore
        const source = byLink ? Torrent.toLink(content.torrent) : content.torrent
        const asked = { folder: "/", ...(stays && { seed: {} }), ...options }
        const { reads } = actor.options
        const { events, read } =
          reads === undefined ? { events: unchoke.download(source, asked) } : unchoke.open(source, asked)
        if (reads !== undefined) {
          actor.reading = true
          yield* Effect.forkScoped(
            Effect.ensuring(
              reads(read!),
              Effect.sync(() => (actor.reading = false)),
            ),
          )
        }
        yield* Stream.runForEach(events, (event) =>
          Effect.sync(() => {
            if (event._tag === "PieceStored") stored(actor, event.piece)
            if (event._tag === "Done") actor.done = now()
            heard?.(number, event, now())
          }),
        )
      }).pipe(Effect.scoped, Effect.provide(engine))
      const left = Duration.subtract(goes, comes)
      actor.fiber = yield* Effect.forkChild(
        Duration.isFinite(goes) ? Effect.asVoid(Effect.timeoutOption(download, left)) : download,
      )
      actor.end = yield* Fiber.await(actor.fiber)
    })

  const acting = yield* Effect.forEach(actors, (actor, number) => Effect.forkChild(act(actor, number)))
  const isOver = () => actors.every(({ done, end, reading }) => !reading && (done !== undefined || end !== undefined))
  const most = Duration.toSeconds(atMost)
  while (!isOver() && now() < most) yield* Effect.sleep(Duration.seconds(tick))
  const end = now()
  const totals = actors.map(({ node }) => ({ sent: node.sent(), received: node.received() }))
  const ends = actors.map(({ end }) => end)
  yield* Fiber.interruptAll(acting)
  // What is on its way arrives, and who was called hangs up.
  yield* Effect.sleep(Duration.seconds(5))
  return {
    seconds: end,
    announces: tracker.announces,
    copiesBeforeOne,
    peers: actors.map((actor, number): Course => {
      const ended = ends[number]
      return {
        came: actor.came,
        stored: actor.stored,
        pieces: actor.store?.pieces ?? new Set(),
        done: actor.done,
        end: ended !== undefined && Exit.isFailure(ended) && Cause.hasInterruptsOnly(ended.cause) ? undefined : ended,
        ...totals[number]!,
        connections: actor.node.connections(),
        lent: actor.store?.lent() ?? 0,
      }
    }),
  } satisfies Outcome
})

class Actor {
  readonly options: PeerOptions
  readonly node: MemoryNetwork.Node
  readonly host: string
  came = Infinity
  done: number | undefined
  reading = false
  end: Exit.Exit<void, LinkDownloadError> | undefined
  fiber: Fiber.Fiber<void, LinkDownloadError> | undefined
  store: ContentStore.ContentStore["Service"] | undefined
  readonly stored: Array<number> = []

  constructor(options: PeerOptions, node: MemoryNetwork.Node, host: string) {
    this.options = options
    this.node = node
    this.host = host
  }
}
