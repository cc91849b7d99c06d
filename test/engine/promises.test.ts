/**
 * What who embeds a download may rely on (packages/unchoke/README.md): how far it runs ahead of who takes its events, what is on the disk when it stops, and which events come in which order.
 */
import { assert, describe, it } from "@effect/vitest"
import { MagnetLink } from "@unchoke/protocol"
import { Content, MemoryPieceStore, MemorySwarm, pass, Script, settle, TestUnchoke } from "@unchoke/testkit"
import { Deferred, Duration, Effect, Exit, Fiber, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadEvent, type DownloadOptions, Unchoke } from "@unchoke/engine"

const folder = "downloads"
const content = Content.make({ files: 24 * 16_384 - 1000, pieceLength: 16_384 })
const { pieces } = content.torrent.geometry

const kinds = {
  good: Script.good,
  slow: Script.unchokeAfter(5000),
  part: Script.incomplete(1, 2, 3),
  refuses: Script.refuse,
  firewall: Script.blackhole,
  other: Script.wrongHash,
  unwilling: Script.neverUnchoke,
  garbage: Script.garbage,
} as const
const Kinds = Schema.Array(Schema.Literals(Object.keys(kinds) as Array<keyof typeof kinds>)).check(
  Schema.isMaxLength(6),
)
const Strategy = Schema.Literals(["swarm", "race", "sequence"])

const worldOf = (peers: typeof Kinds.Type) =>
  TestUnchoke.layer({ content, peers: ["good" as const, ...peers].map((kind) => kinds[kind]) })

/** Downloads until so many events were taken (default: to the end); what was taken, and how it ended. */
const taking = Effect.fnUntraced(function* (options: Omit<DownloadOptions, "folder">, most = Infinity) {
  const { download } = yield* Unchoke
  const events: Array<DownloadEvent> = []
  const fiber = yield* download(content.torrent, { folder, ...options }).pipe(
    Stream.take(most),
    Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
    Effect.exit,
    Effect.forkChild,
  )
  yield* pass("2 minutes")
  return { events, exit: yield* Fiber.join(fiber) }
})

describe("what has been stored when a download stops", () => {
  it.effect.prop(
    "every piece that was told is on the disk, sockets are closed, and no such piece is fetched again",
    [Kinds, Strategy, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 80 }))],
    ([peers, strategy, most]) =>
      Effect.gen(function* () {
        const first = yield* taking({ strategy }, most)
        const store = yield* MemoryPieceStore.MemoryPieceStore
        const swarm = yield* MemorySwarm.MemorySwarm
        const told = first.events.flatMap((event) => (event._tag === "PieceStored" ? [event.piece] : []))
        for (const piece of told) assert.isTrue(store.stored.has(piece), `piece ${piece}`)
        assert.deepStrictEqual([swarm.open(), store.lent()], [0, 0])
        const servedBefore = swarm.served.length
        const second = yield* taking({ strategy })
        const [checked] = second.events.filter((event) => event._tag === "Checking").slice(-1)
        assert.isAtLeast(checked!.present, told.length)
        const again = swarm.served.slice(servedBefore).map(({ piece }) => piece)
        assert.deepStrictEqual(
          again.filter((piece) => told.includes(piece)),
          [],
        )
        assert.isTrue(Exit.isSuccess(second.exit))
        assert.strictEqual(store.stored.size, pieces)
      }).pipe(Effect.provide(worldOf(peers))),
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )
})

describe("which events come in which order", () => {
  it.effect.prop(
    "what is there is looked at first, a peer comes before it goes, pieces are counted, and `Done` is last",
    [Kinds, Strategy],
    ([peers, strategy]) =>
      Effect.gen(function* () {
        const { events, exit } = yield* taking({ strategy })
        assert.isTrue(Exit.isSuccess(exit))
        inOrder(events)
        assert.strictEqual(events.at(-1)?._tag, "Done")
        assert.strictEqual(events.filter(({ _tag }) => _tag === "Done").length, 1)
      }).pipe(Effect.provide(worldOf(peers))),
    { arbitrary: { runs: 60 }, timeout: 120_000 },
  )

  it.effect.prop(
    "in a race whoever was dialled and not chosen has an end, though nobody rejected it",
    [Kinds],
    ([peers]) =>
      Effect.gen(function* () {
        const { events, exit } = yield* taking({ strategy: "race" })
        assert.isTrue(Exit.isSuccess(exit))
        const last = new Map(
          events.flatMap((event) =>
            "peer" in event && !/Received|Standing|Identified|Has/.test(event._tag)
              ? [[NetAddress.formatInet(event.peer), event] as const]
              : [],
          ),
        )
        const ends = Array.from(last.values(), ({ _tag }) => _tag)
        assert.deepStrictEqual(
          ends.filter((end) => end !== "Rejected"),
          ["Joined"],
        )
        for (const event of last.values()) {
          if (event._tag !== "Rejected" || event.error._tag !== "Dismissed") continue
          assert.strictEqual(event.error.reason, "another was chosen")
          assert.isAtLeast(Duration.toMillis(event.error.seen.elapsed), 0)
        }
      }).pipe(
        Effect.provide(
          TestUnchoke.layer({ content, peers: [Script.trickling(100), ...peers.map((kind) => kinds[kind])] }),
        ),
      ),
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )

  it.effect("the test of the order fails when the order is another", () =>
    Effect.gen(function* () {
      const { events } = yield* taking({})
      inOrder(events)
      assert.throws(() => inOrder(events.toReversed()))
      for (const tag of ["Checking", "Joined", "PieceStored"] as const) {
        const first = events.findIndex(({ _tag }) => _tag === tag)
        const without = events.filter((_, index) => index !== first)
        assert.throws(() => inOrder(without), undefined, undefined, tag)
      }
    }).pipe(Effect.provide(worldOf([]))),
  )
})

/** As the README says. */
const inOrder = (events: ReadonlyArray<DownloadEvent>) => {
  const checked = events.findLastIndex(({ _tag }) => _tag === "Checking")
  const last = events[checked]
  assert(last?._tag === "Checking")
  assert.strictEqual(last.checked, last.pieces)
  assert.isTrue(events.slice(0, checked + 1).every(({ _tag }) => _tag === "Checking"))
  let { present } = last
  const stored = new Set<number>()
  const standing = new Map<string, "called" | "connected" | "here" | "gone">()
  for (const event of events) {
    const name = "peer" in event ? NetAddress.formatInet(event.peer) : ""
    const stands = standing.get(name)
    switch (event._tag) {
      case "Dialling":
        assert.notStrictEqual(stands, "here")
        standing.set(name, "called")
        break
      case "Connected":
        assert.strictEqual(stands, "called")
        standing.set(name, "connected")
        break
      case "Parked":
        assert.strictEqual(stands, "connected")
        break
      case "Rejected":
        assert.oneOf(stands, ["called", "connected"])
        standing.set(name, "gone")
        break
      case "Joined":
        if (!event.incoming) assert.strictEqual(stands, "connected")
        standing.set(name, "here")
        break
      case "Identified":
      case "Standing":
      case "Received":
      case "Sent":
        assert.strictEqual(stands, "here", event._tag)
        break
      case "Left":
        assert.strictEqual(stands, "here")
        standing.set(name, "gone")
        break
      case "Condemned":
        assert.strictEqual(stands, "gone")
        break
      case "PieceStored":
        assert.isFalse(stored.has(event.piece))
        stored.add(event.piece)
        present++
        assert.strictEqual(event.stored, present)
        break
      case "Done":
        assert.strictEqual(present, event.pieces)
    }
  }
}

describe("a survey", () => {
  it.effect.prop(
    "calls everybody once, and gives one verdict of each; it ends when all have theirs, with no socket open",
    [Kinds],
    ([peers]) =>
      Effect.gen(function* () {
        const { survey } = yield* Unchoke
        const swarm = yield* MemorySwarm.MemorySwarm
        const steps = new Map<string, Array<string>>()
        const calls = new Map<string, number>()
        const fiber = yield* survey(content.torrent).pipe(
          Stream.runForEach((event) =>
            Effect.sync(() => {
              if (!("peer" in event)) return
              const name = NetAddress.formatInet(event.peer)
              steps.set(name, [...(steps.get(name) ?? []), event._tag])
              calls.set(name, swarm.dials().get(name) ?? 0)
            }),
          ),
          Effect.forkChild,
        )
        yield* pass("2 minutes")
        yield* Fiber.join(fiber)
        assert.strictEqual(swarm.open(), 0)
        assert.strictEqual(steps.size, peers.length + 1)
        const verdict = "(Passed|Partial|Rejected)"
        for (const [name, of] of steps) {
          assert.match(of.join(" "), new RegExp(`^Dialling( Connected( Parked)?)? ${verdict}$`), name)
        }
        assert.isTrue([...calls.values()].every((times) => times <= 1))
      }).pipe(Effect.provide(worldOf(peers))),
    { arbitrary: { runs: 40 }, timeout: 60_000 },
  )
})

describe("a seed", () => {
  it.effect.prop(
    "looks first at what is there, stores nothing, has no `Done`, and ends at its goal",
    [Kinds, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))],
    ([peers, seconds]) =>
      Effect.gen(function* () {
        const { seed } = yield* Unchoke
        const swarm = yield* MemorySwarm.MemorySwarm
        yield* taking({})
        const events: Array<DownloadEvent> = []
        const time = { seconds }
        const fiber = yield* seed(content.torrent, { folder, time }).pipe(
          Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
          Effect.forkChild,
        )
        yield* pass(Duration.seconds(seconds + 2))
        yield* Fiber.join(fiber)
        inOrder(events)
        assert.isTrue(events.every(({ _tag }) => _tag !== "PieceStored" && _tag !== "Done"))
        assert.strictEqual(swarm.open(), 0)
      }).pipe(Effect.provide(worldOf(peers))),
    { arbitrary: { runs: 20 }, timeout: 60_000 },
  )
})

describe("how far a download runs ahead", () => {
  /** More pieces than events may wait. */
  const many = Content.make({ files: 4500 * 1024, pieceLength: 1024 })
  /** Events that the stream has taken at once, events that wait, and pieces of which nothing can be told. */
  const ahead = 3 * 1024

  it.effect.prop(
    "of who takes no more events: by no more than 3072 pieces; then it waits, and goes on when they are taken",
    [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1400 }))],
    ([most]) =>
      Effect.gen(function* () {
        const { download } = yield* Unchoke
        const { stored } = yield* MemoryPieceStore.MemoryPieceStore
        const goOn = yield* Deferred.make<void>()
        let taken = 0
        const fiber = yield* download(many.torrent, { folder }).pipe(
          Stream.runForEach(() => (++taken === most ? Deferred.await(goOn) : Effect.void)),
          Effect.forkChild,
        )
        yield* pass("1 minute")
        yield* settle
        const before = stored.size
        assert.isAtMost(before, taken + ahead)
        assert.isBelow(before, 4500)
        yield* pass("1 minute")
        assert.deepStrictEqual([stored.size, taken], [before, most])
        yield* Deferred.succeed(goOn, undefined)
        yield* pass("5 minutes")
        yield* Fiber.join(fiber)
        assert.strictEqual(stored.size, 4500)
      }).pipe(Effect.provide(TestUnchoke.layer({ content: many, peers: [Script.good] }))),
    { arbitrary: { runs: 6 }, timeout: 120_000 },
  )

  /** Peers that are honest to the end, and hang up on who says nothing for two minutes. */
  const honest = {
    good: Script.good,
    // Where one is to give it all, who chokes for longer than four seconds makes way for others, whoever takes the events.
    chokes: Script.chokeAfter(700, "3 seconds"),
    "chokes late": Script.chokeAfter(2600, "3 seconds"),
    named: Script.goodNamed("Patient/1.0"),
  } as const
  const Pause = Schema.Struct({
    /** So many events were taken by then. */
    taken: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3000 })),
    seconds: Schema.Int.check(Schema.isBetween({ minimum: 30, maximum: 300 })),
  })

  it.effect.prop(
    "however long nobody takes its events, no peer is blamed for it, and none hangs up: all is fetched from those who were there",
    [
      Schema.Array(Schema.Literals(["good", "chokes", "chokes late", "named"])).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(3),
      ),
      Strategy,
      Schema.Array(Pause).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
    ],
    ([kinds, strategy, pauses]) =>
      Effect.gen(function* () {
        const { download } = yield* Unchoke
        const events: Array<DownloadEvent> = []
        const ends: Array<string> = []
        // Whoever was not chosen is not blamed; where one is to give it all, the slower of two goes, whoever takes the events.
        const isOneTooMany = ({ _tag }: { readonly _tag: string }) =>
          _tag === "Dismissed" || (_tag === "TooSlow" && strategy !== "swarm")
        const fiber = yield* download(many.torrent, { folder, strategy }).pipe(
          Stream.runForEach((event) => {
            events.push(event)
            if ((event._tag === "Left" || event._tag === "Rejected") && !isOneTooMany(event.error)) {
              ends.push(event.error.message)
            }
            const pause = pauses.find((pause) => pause.taken === events.length)
            return pause === undefined ? Effect.void : Effect.sleep({ seconds: pause.seconds })
          }),
          Effect.exit,
          Effect.forkChild,
        )
        yield* pass("20 minutes")
        assert.deepStrictEqual([yield* Fiber.join(fiber), ends], [Exit.void, []])
        inOrder(events)
        assert.strictEqual(events.at(-1)?._tag, "Done")
      }).pipe(
        Effect.provide(
          TestUnchoke.layer({ content: many, peers: kinds.map((kind) => Script.impatient(120_000, honest[kind])) }),
        ),
      ),
    { arbitrary: { runs: 5 }, timeout: 240_000 },
  )

  it.effect("of whom nobody was told that it is called again, no end is told again", () =>
    Effect.gen(function* () {
      const { download } = yield* Unchoke
      for (let paused = 600; paused < 660; paused += 4) {
        const events: Array<DownloadEvent> = []
        const fiber = yield* download(many.torrent, { folder: `${folder}-${paused}`, strategy: "race" }).pipe(
          Stream.runForEach((event) => {
            events.push(event)
            return events.length === paused ? Effect.sleep("30 seconds") : Effect.void
          }),
          Effect.exit,
          Effect.forkChild,
        )
        yield* pass("5 minutes")
        assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.void)
        inOrder(events)
      }
    }).pipe(
      Effect.provide(
        TestUnchoke.layer({
          content: many,
          peers: [honest["chokes late"], honest.good].map((script) => Script.impatient(120_000, script)),
        }),
      ),
    ),
  )

  it.effect.prop(
    "nor does it depend on how long it takes to say what is wanted of a torrent, once it is known: whoever was there gives it",
    [Strategy, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600 }))],
    ([strategy, seconds]) =>
      Effect.gen(function* () {
        const { download } = yield* Unchoke
        const fiber = yield* download(MagnetLink.ofHash(content.torrent.infoHash), {
          folder,
          strategy,
          peers: [TestUnchoke.addressOf(0)],
          dht: false,
          described: () => Effect.sleep({ seconds }),
        }).pipe(Stream.runDrain, Effect.exit, Effect.forkChild)
        yield* pass("12 minutes")
        assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.void)
      }).pipe(
        Effect.provide(
          TestUnchoke.layer({ content, peers: [Script.impatient(120_000, Script.describing({ answers: "true" }))] }),
        ),
      ),
    { arbitrary: { runs: 12 }, timeout: 120_000 },
  )
})
