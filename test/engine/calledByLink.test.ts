/** Peers that call us while we do not know yet what the torrent of a link is. */
import { assert, describe, it } from "@effect/vitest"
import { PeerId } from "@unchoke/protocol"
import {
  Content,
  ContentStore,
  MemoryNetwork,
  MemoryTracker,
  type Script,
  ScriptedPeer,
  TestDigest,
  VirtualTime,
  errand,
} from "@unchoke/testkit"
import { Effect, Fiber, Layer, Option, Result, Schema, type Scope, Stream } from "effect"
import { Dialer, type DownloadEvent, type DownloadOptions, Torrent, Unchoke } from "@unchoke/engine"

const port = 6881
const ours = "5.0.0.1"

type Steps = ReadonlyArray<Script.Step>

/** Who calls speaks first. */
const hands: Steps = [{ _tag: "Handshake", kind: "right" }, { _tag: "AwaitHandshake" }]
const giving: Steps = [{ _tag: "HaveAll" }, { _tag: "AwaitInterested" }, { _tag: "Unchoke" }, { _tag: "Serve" }]
const describing = (answer: Omit<Extract<Script.Step, { readonly _tag: "Describe" }>, "_tag">): Steps => [
  ...hands,
  { _tag: "Describe", ...answer },
  ...giving,
]

const kinds: Readonly<Record<string, Steps>> = {
  honest: describing({ answers: "true" }),
  "honest, slow": describing({ answers: "true", pause: 3000 }),
  "knows it, and has nothing": [...hands, { _tag: "Describe", answers: "true" }, { _tag: "HaveNone" }],
  "has all, and does not say what it is": [...hands, ...giving],
  rejects: describing({ answers: "reject" }),
  silent: describing({ answers: "nothing" }),
  liar: describing({ answers: "false" }),
  "liar by halves": describing({ answers: "half false" }),
  garbage: describing({ answers: "garbage" }),
  "no such piece": [...hands, { _tag: "Have", piece: 900_000 }, { _tag: "Describe", answers: "true" }, ...giving],
  "half a handshake": [{ _tag: "Handshake", kind: "half" }],
  "hangs up": [...hands, { _tag: "HangUp" }],
  floods: [...hands, { _tag: "Flood", of: "Have" }],
}
const Kinds = Schema.Array(Schema.Literals(Object.keys(kinds))).check(Schema.isMaxLength(6))
/** Those who have it all and are not to blame for anything. */
const gives = new Set(["honest", "honest, slow", "has all, and does not say what it is", "rejects", "silent"])

interface Called {
  readonly events: ReadonlyArray<DownloadEvent>
  readonly isDone: boolean
  /** Connections that are open when it has ended. */
  readonly open: number
  /** Of each: whether it was hung up on before all was there. */
  readonly callers: ReadonlyArray<{ readonly isLeft: boolean }>
}

/** A download by a link that nobody is known for, and who calls, one every so many milliseconds. */
const called = Effect.fnUntraced(function* (
  content: Content.Content,
  callers: ReadonlyArray<Steps>,
  { every = 100, seconds = 60, ...options }: Partial<DownloadOptions> & { every?: number; seconds?: number } = {},
): Effect.fn.Return<Called, never, Scope.Scope> {
  const network = yield* MemoryNetwork.make()
  const tracker = yield* MemoryTracker.make()
  const node = network.node(ours)
  const events: Array<DownloadEvent> = []
  const engine = Unchoke.layerWith({ port }).pipe(
    Layer.provide(Layer.mergeAll(node.layer, TestDigest.layer, tracker.layer(ours), ContentStore.layer(content))),
  )
  const running = yield* Unchoke.use((unchoke) =>
    Stream.runForEach(unchoke.download(Torrent.toLink(content.torrent), { folder: "/", ...options }), (event) =>
      Effect.sync(() => void events.push(event)),
    ),
  ).pipe(Effect.provide(engine), Effect.result, Effect.forkScoped)
  yield* Effect.sleep(200)
  const left = callers.map(() => ({ isLeft: false }))
  for (const [index, steps] of callers.entries()) {
    const dialer = Effect.provide(Dialer, network.node(`6.0.${index}.1`).layer)
    yield* Effect.flatMap(dialer, ({ dial }) => dial(node.at(port), errand)).pipe(
      Effect.flatMap((socket) =>
        ScriptedPeer.play(socket, steps, {
          content,
          peerId: PeerId.make("9.9.9", new Uint8Array(12).fill(index + 1)),
        }),
      ),
      Effect.scoped,
      Effect.ignore,
      Effect.ensuring(Effect.sync(() => void (left[index]!.isLeft = !events.some(({ _tag }) => _tag === "Done")))),
      Effect.forkScoped,
    )
    yield* Effect.sleep(every)
  }
  const ended = yield* Effect.timeoutOption(Fiber.join(running), seconds * 1000)
  yield* Fiber.interrupt(running)
  yield* Effect.sleep(1000)
  const isDone = Option.match(ended, { onNone: () => false, onSome: Result.isSuccess })
  return { events, isDone, open: node.connections(), callers: left }
})

const many = Content.make({
  name: "many",
  pieceLength: 16_384,
  announce: MemoryTracker.url,
  files: Array.from({ length: 500 }, (_, file) => ({
    path: [`a file whose name is long enough to fill a description ${file}`],
    length: 100,
  })),
})

const play = <A, E>(scene: Effect.Effect<A, E, Scope.Scope>) => VirtualTime.run(Effect.scoped(scene))

describe("who calls us while we ask what the torrent is", () => {
  it.live.prop(
    "is asked, stays and gives: all arrives, and nobody is called",
    [Kinds, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })), Schema.Literals([0, 20, 700])],
    ([others, place, every]) =>
      Effect.gen(function* () {
        const mix = others.toSpliced(place, 0, "honest")
        const { callers, events, isDone, open } = yield* play(
          called(
            many,
            mix.map((name) => kinds[name]!),
            { every },
          ),
        )
        assert.isTrue(isDone, events.map(({ _tag }) => _tag).join())
        assert.isFalse(events.some(({ _tag }) => _tag === "Dialling"))
        assert.strictEqual(events.filter(({ _tag }) => _tag === "Described").length, 1)
        assert.strictEqual(open, 0)
        for (const [index, name] of mix.entries()) {
          if (gives.has(name)) assert.isFalse(callers[index]!.isLeft, `${name} was hung up on`)
        }
      }),
    { arbitrary: { runs: 60 }, timeout: 120_000 },
  )

  it.live("is left when the torrent is private, and may come again", () =>
    Effect.gen(function* () {
      const content = Content.make({ files: 40_000, pieceLength: 16_384, private: true, announce: MemoryTracker.url })
      const { callers, events, isDone } = yield* play(
        called(content, [kinds["honest"]!, [{ _tag: "Wait", ms: 2000 }, ...kinds["honest"]!]]),
      )
      assert.isTrue(callers[0]!.isLeft)
      assert.isTrue(isDone, events.map(({ _tag }) => _tag).join())
    }),
  )

  it.live("is let in by nobody where we only ask", () =>
    Effect.gen(function* () {
      for (const strategy of ["race", "sequence"] as const) {
        const { events, isDone } = yield* play(called(many, [kinds["honest"]!], { strategy, seconds: 5 }))
        assert.isFalse(isDone)
        assert.isFalse(events.some(({ _tag }) => _tag === "Described"))
      }
    }),
  )

  it.live("takes no more seats than there are, and waits for one no longer than it may", () =>
    Effect.gen(function* () {
      const silent = Array.from({ length: 6 }, () => kinds["silent"]!)
      const { isDone, open } = yield* play(called(many, [...silent, kinds["honest"]!], { maxPeers: 4, every: 10 }))
      assert.isTrue(isDone)
      assert.strictEqual(open, 0)
    }),
  )
})
