/** What is done is to be seen in the trace of whoever does it, and nothing of it goes on when that has ended. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script, SimulatedSwarm, TestDigest } from "@unchoke/testkit"
import { type DownloadEvent, Tracker, TrackerFailed, Unchoke } from "@unchoke/engine"
import { download, downloadLink, survey } from "@unchoke/engine/internal"
import { MagnetLink } from "@unchoke/protocol"
import { Context, Duration, Effect, Exit, Fiber, Layer, Schema, Stream, Tracer } from "effect"
import { NetAddress } from "effect/net"
import { settle, visit } from "@unchoke/testkit"
import { nameOf, parentOf, Recorder, wasInterrupted } from "./Recorder.ts"
import { everyKind, kinds } from "./everyKind.ts"

const passKey = "0123456789abcdef0123456789abcdef"
const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const torrent = { ...content.torrent, trackers: [[`https://t.example/${passKey}/announce?passkey=${passKey}`]] }
const pieces = 8
const addressOf = (index: number) => `127.0.0.${index + 1}:6881`

/** A tracker that repeats what it was called by. */
const rude = Layer.succeed(Tracker)({
  announce: (url) => new TrackerFailed({ url, reason: { _tag: "Refused", reason: `pass key ${passKey} not found` } }),
})

const world = (scripts: ReadonlyArray<Script.Script>) => {
  const peers = Object.fromEntries(scripts.map((script, index) => [addressOf(index), script]))
  return {
    peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
    layer: Layer.mergeAll(MemorySwarm.layer({ content, peers }), MemoryPieceStore.layer({}), rude),
  }
}

const traced =
  (recorder: Recorder) =>
  <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.provideService(self, Tracer.Tracer, recorder.tracer)

/** Runs for so many seconds at most, or is broken off then. */
const forSeconds = Effect.fnUntraced(function* <A, E, R>(run: Effect.Effect<A, E, R>, seconds: number) {
  const fiber = yield* Effect.forkChild(Effect.exit(run))
  for (let second = 0; second < seconds && fiber.pollUnsafe() === undefined; second++) yield* visit([300, 1000])
  if (fiber.pollUnsafe() === undefined) {
    yield* Fiber.interrupt(fiber)
    yield* settle
    return undefined
  }
  return yield* Fiber.join(fiber)
})

const Kind = Schema.Literals(kinds)

const steps = new Set(["unchoke.connect", "unchoke.handshake", "unchoke.pieces", "unchoke.unchoke"])

describe("spans", () => {
  it.effect("of a race: a probe with its phases, a choice above it, a link and the pieces beside that", () =>
    Effect.gen(function* () {
      const recorder = new Recorder()
      const { layer, peers } = world([everyKind.refuses, everyKind.chokes, everyKind.good])
      const run = Stream.runDrain(download(torrent, { folder: "there", peers, strategy: "race" }))
      const exit = yield* forSeconds(run.pipe(Effect.provide(layer), Effect.withSpan("mine"), traced(recorder)), 60)
      assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
      recorder.assertSound()
      const [whole] = recorder.named("unchoke.download")
      assert.strictEqual(nameOf(parentOf(whole!)), "mine")
      assert.lengthOf(String(whole!.attributes.get("infoHash")), 40)
      const [choice] = recorder.named("unchoke.choice")
      assert.strictEqual(parentOf(choice!), whole)
      assert.strictEqual(choice!.attributes.get("peer"), addressOf(2))
      const probes = recorder.named("unchoke.probe")
      assert.sameMembers(
        probes.map((probe) => probe.attributes.get("peer")),
        [0, 1, 2].map(addressOf),
      )
      for (const probe of probes) assert.strictEqual(parentOf(probe), choice)
      const phasesOf = (peer: number) =>
        recorder.spans
          .filter(
            (span) => nameOf(parentOf(span)) === "unchoke.probe" && span.attributes.get("peer") === addressOf(peer),
          )
          .map(({ name }) => name)
      // What a step came to that came to nothing, the probe tells.
      assert.deepStrictEqual(phasesOf(0), [])
      for (const peer of [1, 2]) {
        assert.deepStrictEqual(phasesOf(peer), [
          "unchoke.connect",
          "unchoke.handshake",
          "unchoke.pieces",
          "unchoke.unchoke",
        ])
      }
      assert.deepStrictEqual(
        probes.map((probe) => probe.attributes.get("verdict")),
        ["refused the connection", undefined, "passed"],
      )
      // It has lost.
      assert.isTrue(wasInterrupted(probes[1]!))
      assert.strictEqual(probes[2]!.attributes.get("client"), "Seeder 1.0")
      const [link] = recorder.named("unchoke.link")
      assert.strictEqual(parentOf(link!), whole)
      assert.strictEqual(link!.attributes.get("received"), 250_000)
      assert.strictEqual(link!.attributes.get("verdict"), "was left when all was there")
      assert.isFalse(wasInterrupted(link!))
      const stored = recorder.named("unchoke.piece")
      assert.deepStrictEqual(
        stored.map((span) => span.attributes.get("piece")).toSorted(),
        Array.from({ length: pieces }, (_, i) => i),
      )
      for (const span of stored) {
        assert.strictEqual(parentOf(span), whole)
        assert.strictEqual(span.attributes.get("verdict"), "stored")
        assert.strictEqual(span.attributes.get("from"), addressOf(2))
      }
      const [announce] = recorder.named("unchoke.announce")
      assert.strictEqual(parentOf(announce!), whole)
      assert.strictEqual(announce!.attributes.get("tracker"), "https://t.example/…/announce?…")
    }),
  )

  it.effect(
    "of a link say what the torrent is called, when it is known; who is left before the end has no verdict",
    () =>
      Effect.gen(function* () {
        const recorder = new Recorder()
        const slow = Script.describing({ answers: "true" })
        const { layer, peers } = world([slow])
        const link = MagnetLink.ofHash(torrent.infoHash)
        for (const downloadLimit of [undefined, 1000]) {
          const run = Stream.runDrain(downloadLink(link, { folder: `at ${downloadLimit}`, peers, downloadLimit }))
          yield* forSeconds(run.pipe(Effect.provide(Layer.merge(layer, TestDigest.layer)), traced(recorder)), 20)
        }
        recorder.assertSound()
        const names = recorder.named("unchoke.download").map(({ attributes }) => attributes.get("torrent"))
        assert.deepStrictEqual(names, [torrent.name, torrent.name])
        const [whole, brokenOff] = recorder.named("unchoke.link")
        assert.strictEqual(whole!.attributes.get("verdict"), "was left when all was there")
        assert.isUndefined(brokenOff!.attributes.get("verdict"))
        assert.isTrue(wasInterrupted(brokenOff!))
      }),
  )

  it.effect.prop(
    "are sound whoever the peers are, whatever they do, and whenever it is broken off",
    [
      Schema.Array(Kind).check(Schema.isMinLength(1), Schema.isMaxLength(6)),
      Schema.Literals(["swarm", "race", "sequence", "survey"]),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 25 })),
    ],
    ([kinds, how, seconds]) =>
      Effect.gen(function* () {
        const recorder = new Recorder()
        const { layer, peers } = world(kinds.map((kind) => everyKind[kind]))
        const events: Stream.Stream<unknown, unknown, never> =
          how === "survey"
            ? Stream.provide(survey(torrent, { peers }), layer)
            : Stream.provide(download(torrent, { folder: "there", peers, strategy: how }), layer)
        yield* forSeconds(Stream.runDrain(events).pipe(traced(recorder)), seconds)
        recorder.assertSound()
        const [root] = recorder.spans
        assert.strictEqual(root!.name, how === "survey" ? "unchoke.survey" : "unchoke.download")
        for (const span of recorder.spans) assert.strictEqual(recorder.above(span, root!.name), root, span.name)
        // Which step it was that came to nothing, and why, is told by the span around it.
        for (const step of recorder.spans.filter((span) => steps.has(span.name))) {
          assert.isTrue(step.status._tag === "Ended" && (Exit.isSuccess(step.status.exit) || wasInterrupted(step)))
        }
      }),
    { arbitrary: { runs: 20 } },
  )

  it.effect("of peers of one swarm: each has its own, also of those who have called it", () =>
    Effect.gen(function* () {
      const recorder = new Recorder()
      const length = 24
      const seconds = 300
      const leech = { up: 100_000, down: 1_000_000 }
      const { peers } = yield* SimulatedSwarm.play({
        pieces: length,
        atMost: Duration.seconds(seconds),
        tracer: recorder.tracer,
        peers: [{ ...leech, has: SimulatedSwarm.all }, leech, leech, leech],
      })
      recorder.assertSound()
      const downloads = recorder.named("unchoke.download")
      assert.lengthOf(downloads, peers.length)
      const below = (name: string) =>
        downloads.map((one) => recorder.named(name).filter((span) => parentOf(span) === one))
      assert.deepStrictEqual(
        below("unchoke.piece")
          .map((spans) => spans.filter((span) => span.attributes.get("verdict") === "stored").length)
          .toSorted(),
        peers.map(({ stored }) => stored.length).toSorted(),
      )
      const links = below("unchoke.link").flat()
      assert.lengthOf(links, recorder.named("unchoke.link").length)
      assert.isTrue(links.some((span) => span.attributes.get("incoming") === true))
      const heard = below("unchoke.exchange").flat()
      assert.lengthOf(heard, recorder.named("unchoke.exchange").length)
      assert.isTrue(heard.some(({ attributes }) => Number(attributes.get("named")) > 0))
      for (const { attributes } of heard) {
        assert.isTrue(links.some((link) => link.attributes.get("peer") === attributes.get("peer")))
        assert.isAtMost(Number(attributes.get("fresh")), Number(attributes.get("named")))
      }
      const sum = (attribute: string) => links.reduce((sum, span) => sum + Number(span.attributes.get(attribute)), 0)
      assert.isAtLeast(sum("received"), 3 * length * 16_384)
      assert.isAtLeast(sum("sent"), sum("received"))
    }),
  )

  it.effect("of a service are below its caller's, not where the service was made, and go where the caller's go", () =>
    Effect.gen(function* () {
      const made = new Recorder()
      const called = new Recorder()
      const { layer, peers } = world([everyKind.good])
      const engine = Unchoke.layer.pipe(Layer.provide(layer), Layer.provide(TestDigest.layer))
      const run = Effect.gen(function* () {
        const service = Context.get(yield* Layer.build(engine).pipe(Effect.withSpan("making"), traced(made)), Unchoke)
        const fetched = (where: string) =>
          Stream.runDrain(service.download(torrent, { folder: where, peers, strategy: "race" }))
        yield* fetched("one").pipe(Effect.withSpan("mine"), traced(called))
        // Where the caller has no tracer, there is that of the service.
        yield* fetched("two")
      })
      const exit = yield* forSeconds(Effect.scoped(run), 60)
      assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
      assert.deepStrictEqual(
        called.named("unchoke.download").map((span) => nameOf(parentOf(span))),
        ["mine"],
      )
      assert.deepStrictEqual(
        made.named("unchoke.download").map((span) => nameOf(parentOf(span))),
        [undefined],
      )
      for (const name of ["unchoke.probe", "unchoke.link", "unchoke.piece"]) {
        assert.strictEqual(made.named(name).length, called.named(name).length, name)
      }
    }),
  )

  it.effect("tell no pass key, nor does anything else", () =>
    Effect.gen(function* () {
      const recorder = new Recorder()
      const events: Array<DownloadEvent> = []
      const { layer } = world([])
      const run = download(torrent, { folder: "there" }).pipe(
        Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
        Effect.provide(layer),
      )
      const exit = yield* forSeconds(traced(recorder)(run), 120)
      assert.isTrue(exit !== undefined && Exit.isFailure(exit))
      const told = JSON.stringify(
        [
          events,
          String(exit),
          exit,
          recorder.spans.map(({ attributes, events, status }) => [
            [...attributes],
            events,
            String(status._tag === "Ended" && status.exit),
          ]),
        ],
        (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
      )
      assert.include(told, "t.example")
      assert.notInclude(told, passKey)
    }),
  )

  it.effect("are not made where nobody traces", () =>
    Effect.gen(function* () {
      const { layer, peers } = world([everyKind.good])
      let made = 0
      const original = Tracer.nativeTracer.span
      Object.assign(Tracer.nativeTracer, {
        span: (options: Parameters<Tracer.Tracer["span"]>[0]) => {
          if (options.name.startsWith("unchoke.")) made++
          return original.call(Tracer.nativeTracer, options)
        },
      })
      const run = Stream.runDrain(download(torrent, { folder: "there", peers, strategy: "race" }))
      const exit = yield* forSeconds(Effect.provide(run, layer), 60).pipe(
        Effect.ensuring(Effect.sync(() => Object.assign(Tracer.nativeTracer, { span: original }))),
      )
      assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
      assert.strictEqual(made, 0)
    }),
  )
})
