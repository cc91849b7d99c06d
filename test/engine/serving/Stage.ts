/** One engine of ours that has something, in memory and under virtual time, and peers that are led by hand: each says what a test says. */
import { Frames, Handshake, PeerId, PeerMessage } from "@unchoke/protocol"
import { Content, ContentStore, MemoryNetwork, MemoryTracker, VirtualTime, errand, TestDigest } from "@unchoke/testkit"
import { Deferred, Duration, Effect, Layer, type Scope, Stream } from "effect"
import { Socket } from "effect/socket"
import { Dialer, type DownloadError, DownloadEvent, Listener, type SeedOptions, Unchoke } from "@unchoke/engine"

export const block = 16_384
const port = 6881
const ours = "5.0.0.1"

export interface StageOptions extends Pick<SeedOptions, "ratio" | "time" | "uploadLimit" | "maxPeers"> {
  /** Each of a block (default: 32). */
  readonly pieces?: number
  /** How many of the pieces each of its files has (default: it is one file). */
  readonly files?: ReadonlyArray<number>
  readonly store?: ContentStore.Options
  /** How many more torrents of the same bytes are seeded beside it, by the same session (default: none). */
  readonly beside?: number
  /** Whether all that the engine tells is kept (default: yes). */
  readonly keeps?: boolean
  readonly session?: Parameters<typeof Unchoke.layerWith>[0]
  /** Regulars whom the tracker names: they are to be `calledAt` at once. */
  readonly named?: ReadonlyArray<number>
}

export interface Stage {
  readonly content: Content.Content
  /** Those that are seeded beside it. */
  readonly beside: ReadonlyArray<Content.Content>
  /** All that the engine has told so far, and when, in milliseconds. */
  readonly told: ReadonlyArray<readonly [time: number, event: DownloadEvent]>
  readonly events: <Tag extends DownloadEvent["_tag"]>(
    tag: Tag,
  ) => ReadonlyArray<Extract<DownloadEvent, { readonly _tag: Tag }>>
  /** Calls us from an address of its own, and shakes hands. It hangs up with the scope, or when it is told to. */
  readonly call: (options?: Partial<Handshake.Handshake>) => Effect.Effect<Peer, never, Scope.Scope>
  /** The same from the address of this regular, and from another port each time. */
  readonly callFrom: (
    regular: number,
    options?: Partial<Handshake.Handshake>,
  ) => Effect.Effect<Peer, never, Scope.Scope>
  /** Waits until the engine calls this regular, who shakes hands. */
  readonly calledAt: (
    regular: number,
    options?: Partial<Handshake.Handshake>,
  ) => Effect.Effect<Peer, never, Scope.Scope>
  /** In milliseconds. */
  readonly now: () => number
  readonly connections: () => number
  /** Whether the engine's stream of events has come to its end. */
  readonly isOver: () => boolean
}

/** A peer that is led by hand. */
export interface Peer {
  readonly name: string
  readonly say: (...messages: ReadonlyArray<PeerMessage.PeerMessage>) => Effect.Effect<void>
  /** All that it was told, and when, in milliseconds. */
  readonly heard: ReadonlyArray<readonly [time: number, message: PeerMessage.PeerMessage]>
  readonly messages: <Tag extends PeerMessage.PeerMessage["_tag"]>(tag: Tag) => ReadonlyArray<PeerMessage.Of<Tag>>
  readonly ended: () => boolean
  readonly hangUp: Effect.Effect<void>
}

/** A request for the first block of a piece. */
export const request = (piece: number): PeerMessage.PeerMessage => ({ _tag: "Request", piece, begin: 0, length: block })

/** So much time passes. */
export const wait = (seconds: number) => Effect.sleep(Duration.seconds(seconds))

/** Plays the scene while we seed. */
export const seeding = <A, E>(
  options: StageOptions,
  scene: (stage: Stage) => Effect.Effect<A, E, Scope.Scope>,
): Effect.Effect<A, E> => VirtualTime.run(Effect.scoped(play(options, scene, true)))

/** Plays the scene while we download: what the store has not, nobody else brings. */
export const downloading = <A, E>(
  options: StageOptions,
  scene: (stage: Stage) => Effect.Effect<A, E, Scope.Scope>,
): Effect.Effect<A, E> => VirtualTime.run(Effect.scoped(play(options, scene, false)))

const play = Effect.fnUntraced(function* <A, E>(
  {
    beside = 0,
    files,
    keeps = true,
    named = [],
    pieces = 32,
    session,
    store = { has: () => true },
    ...options
  }: StageOptions,
  scene: (stage: Stage) => Effect.Effect<A, E, Scope.Scope>,
  seeds: boolean,
) {
  const content = Content.make({
    files: files?.map((own, index) => ({ path: [`${index}.bin`], length: own * block })) ?? pieces * block,
    pieceLength: block,
    announce: MemoryTracker.url,
  })
  const others = Array.from({ length: beside }, (_, index) =>
    Content.make({ name: `beside ${index}`, files: pieces * block, pieceLength: block, announce: MemoryTracker.url }),
  )
  const network = yield* MemoryNetwork.make()
  const regulars = new Map<number, MemoryNetwork.Node>()
  const hostOf = (regular: number) => `7.0.${regular}.1`
  const nodeOf = (regular: number) => {
    const node = regulars.get(regular) ?? network.node(hostOf(regular))
    regulars.set(regular, node)
    return node
  }
  const tracker = yield* MemoryTracker.make({ peers: named.map((regular) => nodeOf(regular).at(port)) })
  const clock = yield* Effect.clockWith(Effect.succeed)
  const now = () => clock.currentTimeMillisUnsafe()
  const node = network.node(ours)
  const told: Array<readonly [number, DownloadEvent]> = []
  const engine = Unchoke.layerWith({ port, ...session }).pipe(
    Layer.provide(
      Layer.mergeAll(node.layer, TestDigest.layer, tracker.layer(ours), ContentStore.layer(content, store)),
    ),
  )
  const running = Effect.gen(function* () {
    const unchoke = yield* Unchoke
    const events: Stream.Stream<DownloadEvent, DownloadError> = seeds
      ? unchoke.seed(content.torrent, { folder: "/", ...options })
      : unchoke.download(content.torrent, { folder: "/", ...options })
    for (const { torrent } of others) {
      yield* Effect.forkScoped(Effect.ignore(Stream.runDrain(unchoke.seed(torrent, { folder: "/", ...options }))))
    }
    yield* Stream.runForEach(events, (event) => Effect.sync(() => void (keeps && told.push([now(), event]))))
  }).pipe(Effect.scoped, Effect.provide(engine))
  let isOver = false
  yield* Effect.forkScoped(
    Effect.ensuring(
      Effect.ignore(running),
      Effect.sync(() => void (isOver = true)),
    ),
  )
  yield* wait(0.2)
  let callers = 0
  return yield* scene({
    content,
    beside: others,
    told,
    now,
    connections: node.connections,
    isOver: () => isOver,
    events: (tag) => told.flatMap(([, event]) => (DownloadEvent.guards[tag](event) ? [event as never] : [])),
    callFrom: (regular, handshake) => call(hostOf(regular), nodeOf(regular), node, content, now, handshake),
    calledAt: (regular, handshake) => calledAt(hostOf(regular), nodeOf(regular), content, now, handshake),
    call: (handshake) => {
      const host = `6.${++callers >> 8}.${callers & 255}.1`
      return call(host, network.node(host), node, content, now, handshake)
    },
  })
})

const call = Effect.fnUntraced(function* (
  host: string,
  from: MemoryNetwork.Node,
  to: MemoryNetwork.Node,
  content: Content.Content,
  now: () => number,
  handshake?: Partial<Handshake.Handshake>,
): Effect.fn.Return<Peer, never, Scope.Scope> {
  const dialled = Effect.flatMap(Dialer, (dialer) => dialer.dial(to.at(port), errand))
  return yield* greet(host, yield* Effect.provide(dialled, from.layer), content, now, handshake)
})

const calledAt = Effect.fnUntraced(function* (
  host: string,
  at: MemoryNetwork.Node,
  content: Content.Content,
  now: () => number,
  handshake?: Partial<Handshake.Handshake>,
): Effect.fn.Return<Peer, never, Scope.Scope> {
  const called = Deferred.makeUnsafe<Socket.Socket>()
  const listening = Effect.flatMap(Listener, ({ listen }) =>
    listen([port], ({ socket }) => Effect.andThen(Deferred.succeed(called, socket), Effect.never)),
  )
  yield* Effect.orDie(Effect.provide(listening, at.layer))
  return yield* greet(host, yield* Deferred.await(called), content, now, handshake)
})

const greet = Effect.fnUntraced(function* (
  host: string,
  socket: Socket.Socket,
  { torrent }: Content.Content,
  now: () => number,
  handshake: Partial<Handshake.Handshake> = {},
): Effect.fn.Return<Peer, never, Scope.Scope> {
  const pull = yield* Effect.orDie(Socket.readerBytes(socket))
  const writer = yield* socket.writer
  const heard: Array<readonly [number, PeerMessage.PeerMessage]> = []
  let ended = false
  const frames = new Frames.Frames(torrent.geometry.pieces)
  let greeting = Handshake.byteLength
  const hear = (chunk: Uint8Array) => {
    const skipped = Math.min(greeting, chunk.length)
    greeting -= skipped
    const cut: Array<Uint8Array> = []
    frames.push(chunk.subarray(skipped), cut)
    for (const frame of cut) {
      // What a message has of the frame is borrowed.
      const message = PeerMessage.parse(frame.slice())
      if (typeof message !== "string") heard.push([now(), message])
    }
    frames.reclaim()
  }
  yield* Effect.flatMap(pull, (chunks) => Effect.sync(() => chunks.forEach(hear))).pipe(
    Effect.forever,
    Effect.ignore,
    Effect.ensuring(Effect.sync(() => void (ended = true))),
    Effect.forkScoped,
  )
  const peerId = PeerId.make("9.9.9", new TextEncoder().encode(host.padEnd(12, "x")).subarray(0, 12))
  const { infoHash } = torrent
  const bytes = Handshake.print({ infoHash, peerId, fast: true, extended: false, dht: false, ...handshake })
  yield* Effect.ignore(writer.write(bytes))
  return {
    name: host,
    heard,
    say: (...messages) => Effect.ignore(writer.write(PeerMessage.printAll(messages))),
    messages: (tag) => heard.flatMap(([, message]) => (message._tag === tag ? [message as never] : [])),
    ended: () => ended,
    hangUp: Effect.ignore(writer.write(new Socket.CloseEvent(1000))),
  }
})
