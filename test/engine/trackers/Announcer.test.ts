import { pass, settle, visit } from "@unchoke/testkit"
import { expect, it } from "@effect/vitest"
import type { AnnounceRequest, TrackerReply } from "@unchoke/protocol"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Random, Schema, Scope, Stream } from "effect"
import { NetAddress } from "effect/net"
import { TestClock } from "effect/testing"
import { Tracker, TrackerFailed, type TrackerProblem } from "@unchoke/engine"
import { Announcer } from "@unchoke/engine/internal"

const peer = NetAddress.inetAddressFromStringUnsafe("10.0.0.1:80")
const reply: TrackerReply.Announced = {
  _tag: "Announced",
  peers: [peer],
  interval: Duration.minutes(10),
  minInterval: undefined,
  seeders: 3,
  leechers: 4,
  warning: undefined,
  trackerId: undefined,
}

/** What a tracker does with an announce: answers or fails, possibly late. */
type Behaviour = (
  request: AnnounceRequest.AnnounceRequest,
) => Effect.Effect<Partial<TrackerReply.Announced>, TrackerProblem>

const answers: Behaviour = () => Effect.succeed({})
const silent: Behaviour = () => Effect.never
const fails: Behaviour = () => Effect.fail({ _tag: "Unreachable", reason: "refused" })

interface Heard {
  readonly tracker: string
  readonly event: AnnounceRequest.AnnounceEvent
  /** In seconds. */
  readonly at: number
  readonly request: AnnounceRequest.AnnounceRequest
}

/** An announcer on these trackers, its scope, and everything that trackers heard and it told. */
const start = Effect.fnUntraced(function* (
  tiers: ReadonlyArray<Readonly<Record<string, Behaviour>>>,
  progress = () => ({ uploaded: 0, downloaded: 0, left: 10 }),
) {
  const behaviours = new Map(tiers.flatMap((tier) => Object.entries(tier)))
  const heard: Array<Heard> = []
  const clock = yield* Clock.Clock
  const layer = Layer.succeed(Tracker)({
    announce: (tracker, request) =>
      Effect.suspend(() => {
        heard.push({ tracker, event: request.event, at: clock.currentTimeMillisUnsafe() / 1000, request })
        return behaviours.get(tracker)!(request)
      }).pipe(
        Effect.map((changes) => ({ ...reply, ...changes })),
        Effect.mapError((reason) => new TrackerFailed({ url: tracker, reason })),
      ),
  })
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const announcer = yield* Announcer.start({
    torrent: { infoHash: new Uint8Array(20).fill(1) },
    peerId: new Uint8Array(20).fill(2),
    progress,
    trackers: tiers.map((tier) => Object.keys(tier)),
  }).pipe(Scope.provide(scope), Effect.provide(layer), Random.withSeed("fixed"))
  const told: Array<Announcer.TrackerAnswer> = []
  const listening = yield* announcer.answers.pipe(
    Stream.runForEach((answer) => Effect.sync(() => told.push(answer))),
    Effect.forkScoped,
  )
  yield* settle
  return { announcer, heard, listening, scope, told, behaviours, close: Scope.close(scope, Exit.void) }
})

const names = (heard: ReadonlyArray<Heard>) => heard.map(({ tracker }) => tracker)
const events = (heard: ReadonlyArray<Heard>) => heard.map(({ event, tracker }) => `${tracker} ${event}`)
const tags = (told: ReadonlyArray<Announcer.TrackerAnswer>) =>
  told.map((answer) => (answer._tag === "RoundEnded" ? answer._tag : `${answer.tracker} ${answer._tag}`))

it.effect("tells who we are and what a tracker answers", () =>
  Effect.gen(function* () {
    const { heard, told } = yield* start([{ a: () => Effect.succeed({ warning: "slow" }) }])
    expect(heard).toHaveLength(1)
    expect(heard[0]!.request).toMatchObject({
      infoHash: new Uint8Array(20).fill(1),
      peerId: new Uint8Array(20).fill(2),
      port: 1,
      left: 10,
      event: "started",
      numWant: 200,
    })
    expect(told).toEqual([
      {
        _tag: "TrackerAnswered",
        tracker: "a",
        peers: [peer],
        withheld: 0,
        seeders: 3,
        leechers: 4,
        interval: Duration.minutes(10),
        warning: "slow",
      },
      { _tag: "RoundEnded" },
    ])
  }),
)

it.effect("the next tier is asked only when the one before has failed, is silent for 5 s, or knows nobody", () =>
  Effect.gen(function* () {
    const first = yield* start([{ a: answers, b: answers }, { c: answers }])
    yield* pass("1 minute")
    expect(names(first.heard)).toEqual([expect.stringMatching(/a|b/)])
    expect(tags(first.told)).toEqual([expect.stringMatching(/(a|b) TrackerAnswered/), "RoundEnded"])

    const second = yield* start([
      { a: fails, b: fails },
      { c: () => Effect.succeed({ peers: [] }) },
      { d: answers },
      { e: answers },
    ])
    expect(names(second.heard).slice(2)).toEqual(["c", "d"])
    expect(tags(second.told).slice(2)).toEqual(["c TrackerAnswered", "d TrackerAnswered", "RoundEnded"])

    const third = yield* start([{ a: silent }, { b: answers }])
    yield* pass("4 seconds")
    expect(names(third.heard)).toEqual(["a"])
    yield* pass("2 seconds")
    expect(tags(third.told)).toEqual(["b TrackerAnswered"])
    yield* pass("30 seconds")
    expect(tags(third.told)).toContain("RoundEnded")
  }),
)

it.effect("the order within a tier is random", () =>
  Effect.gen(function* () {
    const tier = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`t${i}`, fails]))
    const { heard } = yield* start([tier])
    expect(names(heard)).not.toEqual(Object.keys(tier))
    expect(names(heard).toSorted()).toEqual(Object.keys(tier).toSorted())
  }),
)

it.effect(
  "after a failure the next is asked at once, after silence within 5 s; who answers comes first from then on",
  () =>
    Effect.gen(function* () {
      let first: string | undefined
      let second: string | undefined
      const behaviour =
        (name: string): Behaviour =>
        (request) => {
          first ??= name
          if (name === first) return fails(request)
          second ??= name
          return name === second ? silent(request) : answers(request)
        }
      const { heard, told } = yield* start([{ a: behaviour("a"), b: behaviour("b"), c: behaviour("c") }])
      expect(heard.map(({ at }) => at)).toEqual([0, 0])
      yield* pass("4.9 seconds")
      expect(heard).toHaveLength(2)
      yield* pass("0.2 seconds")
      expect(heard.map(({ at }) => at)).toEqual([0, 0, 5])
      const winner = heard[2]!.tracker
      expect(tags(told)).toEqual([`${first} TrackerFailed`, `${winner} TrackerAnswered`, "RoundEnded"])
      yield* TestClock.adjust("10 minutes")
      yield* settle
      expect(names(heard).slice(3)).toEqual([winner])
      expect(heard[3]!.event).toBe("none")
    }),
)

it.effect("a silent tracker that answers late still counts, while others are silent too", () =>
  Effect.gen(function* () {
    const late: Behaviour = ({ event }) => Effect.as(Effect.sleep(event === "started" ? "7 seconds" : 0), {})
    const { heard, told } = yield* start([{ a: late, b: late }])
    yield* pass("8 seconds")
    expect(heard).toHaveLength(2)
    expect(tags(told)).toEqual([`${heard[0]!.tracker} TrackerAnswered`, "RoundEnded"])
  }),
)

/** What a tracker does: it ends after so many fifths of a second, well or not. */
const Ending = Schema.Struct({
  fifths: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
  answers: Schema.Boolean,
})
type Ending = typeof Ending.Type

/** How long that takes of the nth, in milliseconds. Each has a power of two of its own, and no two things happen in the same moment, nor when patience ends. */
const after = ({ fifths }: Ending, nth: number) => 200 * fifths + 100 + 2 ** nth

const patience = 5000

/** The obvious account: when each is asked, when anything happens, and which one wins. In milliseconds. */
const model = (endings: ReadonlyArray<Ending>) => {
  const asked: Array<{ readonly answers: boolean; readonly end: number }> = []
  const starts: Array<number> = []
  for (let next = 0; asked.length < endings.length;) {
    if (asked.some(({ answers, end }) => answers && end <= next)) break
    const ending = endings[asked.length]!
    starts.push(next)
    asked.push({ answers: ending.answers, end: next + after(ending, asked.length) })
    const start = next
    next = Math.min(
      next + patience,
      ...asked.filter(({ answers, end }) => !answers && end > start).map(({ end }) => end),
    )
  }
  const [winner] = asked.filter(({ answers }) => answers).toSorted((a, b) => a.end - b.end)
  const moments = new Set([...starts.flatMap((start) => [start, start + patience]), ...asked.map(({ end }) => end)])
  return {
    starts,
    moments: [...moments].toSorted((a, b) => a - b),
    winner: winner === undefined ? undefined : asked.indexOf(winner),
  }
}

it.effect.prop(
  "whatever the trackers of a tier do, they are asked in time and the first answer wins",
  [Schema.Array(Ending).check(Schema.isMinLength(1), Schema.isMaxLength(6))],
  ([endings]) =>
    Effect.gen(function* () {
      let asked = 0
      const next: Behaviour = ({ event }) => {
        const nth = asked
        const ending = event === "stopped" ? undefined : endings[asked++]
        if (ending === undefined) return event === "stopped" ? Effect.succeed({}) : Effect.never
        const outcome = ending.answers
          ? Effect.succeed({})
          : Effect.fail({ _tag: "Unreachable", reason: "refused" } as const)
        return Effect.andThen(Effect.sleep(Duration.millis(after(ending, nth))), outcome)
      }
      const began = yield* Clock.currentTimeMillis
      const { close, heard, told } = yield* start([Object.fromEntries(endings.map((_, i) => [`t${i}`, next]))])
      const { moments, starts, winner } = model(endings)
      yield* visit(moments)
      const round = heard.slice(0, starts.length)
      const answered = told.find((answer) => answer._tag === "TrackerAnswered")?.tracker
      expect(round.map(({ at }) => Math.round(1000 * at - began))).toEqual(starts)
      if (winner !== undefined) {
        expect(answered).toBe(heard[winner]!.tracker)
        expect(heard).toHaveLength(starts.length)
      }
      expect(answered === undefined).toBe(winner === undefined)
      yield* close
    }),
  { arbitrary: { runs: 50 } },
)

it.effect("the round ends when every tier that was asked has answered or failed, silent ones after 30 s", () =>
  Effect.gen(function* () {
    const { told } = yield* start([{ b: fails }, { c: silent, d: silent }, { a: answers }])
    expect(tags(told)).toEqual(["b TrackerFailed"])
    yield* pass("29 seconds")
    expect(tags(told)).not.toContain("RoundEnded")
    yield* pass("7 seconds")
    expect(tags(told)).toContain("RoundEnded")
    const failed = told.filter((answer) => answer._tag === "TrackerFailed" && answer.tracker !== "b")
    expect(failed.map((answer) => answer._tag === "TrackerFailed" && answer.error.reason)).toEqual([
      { _tag: "TimedOut", waited: Duration.seconds(30) },
      { _tag: "TimedOut", waited: Duration.seconds(30) },
    ])
  }),
)

it.effect("without trackers the round ends at once, and so do the answers", () =>
  Effect.gen(function* () {
    const { listening, told } = yield* start([{}, {}])
    expect(told).toEqual([{ _tag: "RoundEnded" }])
    expect(listening.pollUnsafe()).toEqual(Exit.void)
  }),
)

it.effect("a tracker is asked again when it wants, and not before its minimum", () =>
  Effect.gen(function* () {
    const { heard } = yield* start([
      { a: () => Effect.succeed({ interval: Duration.minutes(2), peers: [] }) },
      { b: () => Effect.succeed({ interval: Duration.minutes(2), minInterval: Duration.minutes(5) }) },
    ])
    yield* TestClock.adjust("119 seconds")
    yield* settle
    expect(heard).toHaveLength(2)
    yield* TestClock.adjust("2 seconds")
    yield* settle
    expect(names(heard).slice(2)).toEqual(["a"])
    yield* TestClock.adjust("180 seconds")
    yield* settle
    expect(heard.find(({ at, tracker }) => tracker === "b" && at > 0)?.at).toBe(300)
  }),
)

it.effect("after failures: 5 s, doubled, up to 30 min; after a success from the beginning", () =>
  Effect.gen(function* () {
    const { behaviours, heard, told } = yield* start([{ a: fails }])
    yield* pass("2 hours")
    yield* settle
    const gaps = () => heard.slice(1).map(({ at }, i) => at - heard[i]!.at)
    expect(gaps().slice(0, 11)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800])
    expect(heard.every(({ event }) => event === "started")).toBe(true)
    behaviours.set("a", answers)
    while (!tags(told).includes("a TrackerAnswered")) {
      yield* TestClock.adjust("10 seconds")
      yield* settle
    }
    behaviours.set("a", fails)
    const answered = heard.length
    yield* pass("620 seconds")
    expect(gaps().slice(answered - 1)).toEqual([600, 5, 10])
    expect(heard.slice(answered).every(({ event }) => event === "none")).toBe(true)
  }),
)

it.effect("what can never be called is tried once, and the answers end when nobody else is left", () =>
  Effect.gen(function* () {
    const hopeless: Behaviour = () => Effect.fail({ _tag: "BadUrl", why: "wss is not supported" })
    const { heard, listening, told } = yield* start([{ a: hopeless }, { b: hopeless, c: hopeless }])
    yield* pass("1 hour")
    expect(heard).toHaveLength(3)
    expect(tags(told).filter((tag) => tag === "RoundEnded")).toHaveLength(1)
    expect(listening.pollUnsafe()).toEqual(Exit.void)
  }),
)

it.effect("what a tracker wants to hear back, it hears", () =>
  Effect.gen(function* () {
    const trackerId = Uint8Array.of(1, 2, 3)
    const { heard } = yield* start([{ a: ({ event }) => Effect.succeed(event === "started" ? { trackerId } : {}) }])
    yield* TestClock.adjust("10 minutes")
    yield* settle
    yield* TestClock.adjust("10 minutes")
    yield* settle
    expect(heard.map(({ request }) => request.trackerId)).toEqual([undefined, trackerId, trackerId])
    expect(new Set(heard.map(({ request }) => request.key)).size).toBe(1)
  }),
)

it.effect("`completed` and `stopped` go to those that know us, with our progress", () =>
  Effect.gen(function* () {
    let left = 10
    const { announcer, close, heard } = yield* start([{ b: fails }, { a: answers }, { c: silent }], () => ({
      uploaded: 0,
      downloaded: 10 - left,
      left,
    }))
    left = 0
    yield* announcer.completed
    yield* announcer.completed
    yield* settle
    yield* close
    expect(events(heard).slice(2)).toEqual(["a completed", "a stopped"])
    expect(heard.at(-1)!.request).toMatchObject({ downloaded: 10, left: 0, numWant: 0 })
  }),
)

it.effect("a good-bye takes no longer than 2 s, and `completed` waits for nobody", () =>
  Effect.gen(function* () {
    const { announcer, close, heard } = yield* start([
      { a: (request) => (request.event === "completed" ? silent(request) : answers(request)) },
    ])
    yield* announcer.completed
    yield* settle
    expect(events(heard)).toEqual(["a started", "a completed"])
    const closing = yield* Effect.forkChild(close)
    yield* pass("1.9 seconds")
    expect(closing.pollUnsafe()).toBeUndefined()
    yield* pass("0.2 seconds")
    expect(closing.pollUnsafe()).toEqual(Exit.void)
  }),
)

it.effect("a tracker that does not answer our good-bye does not hold us up either", () =>
  Effect.gen(function* () {
    const { close, heard } = yield* start([
      { a: (request) => (request.event === "stopped" ? silent(request) : answers(request)) },
    ])
    const closing = yield* Effect.forkChild(close)
    yield* pass("2.1 seconds")
    expect(closing.pollUnsafe()).toEqual(Exit.void)
    expect(events(heard)).toEqual(["a started", "a stopped"])
  }),
)

it.effect("after the scope nothing more is asked", () =>
  Effect.gen(function* () {
    const { close, heard } = yield* start([{ a: fails }, { b: silent }])
    yield* close
    const count = heard.length
    yield* pass("1 hour")
    expect(heard).toHaveLength(count)
  }),
)

it.effect("no more than a hundred trackers are asked, and an unread announcer stops asking", () =>
  Effect.gen(function* () {
    const { heard } = yield* start(
      Array.from({ length: 150 }, (_, i) => ({ [`t${i}`]: () => Effect.succeed({ peers: [] }) })),
    )
    expect(heard).toHaveLength(100)
    const asked: Array<string> = []
    const layer = Layer.succeed(Tracker)({
      announce: (url) =>
        Effect.suspend(() => {
          asked.push(url)
          return Effect.fail(new TrackerFailed({ url, reason: { _tag: "Unreachable", reason: "refused" } }))
        }),
    })
    const fiber = yield* Announcer.start({
      torrent: { infoHash: new Uint8Array(20) },
      peerId: new Uint8Array(20),
      progress: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
      trackers: [["a"]],
    }).pipe(Effect.andThen(Effect.never), Effect.scoped, Effect.provide(layer), Effect.forkChild)
    for (let hour = 0; hour < 100; hour++) {
      yield* TestClock.adjust("1 hour")
      yield* settle
    }
    expect(asked.length).toBeLessThan(70)
    yield* Fiber.interrupt(fiber)
  }),
)

it.effect("everybody is asked at once when that is wanted, each once more at most, and the round ends again", () =>
  Effect.gen(function* () {
    const empty: Behaviour = ({ event }) =>
      Effect.as(Effect.sleep(event === "started" ? "2 seconds" : 0), { peers: [] })
    const { announcer, heard, told } = yield* start([{ a: answers, b: answers }, { c: empty }, { d: silent, e: fails }])
    expect(heard).toHaveLength(1)
    expect(yield* announcer.askEverybody).toBe(true)
    expect(yield* announcer.askEverybody).toBe(true)
    yield* settle
    expect(names(heard).toSorted()).toEqual(["a", "b", "c", "d", "e"])
    expect(new Set(heard.map(({ at }) => at))).toEqual(new Set([0]))
    expect(tags(told).filter((tag) => tag === "RoundEnded")).toHaveLength(1)
    yield* pass("31 seconds")
    expect(tags(told).filter((tag) => tag === "RoundEnded")).toHaveLength(3)
    expect(tags(told)).toContain("d TrackerFailed")
    expect(yield* announcer.askEverybody).toBe(false)
  }),
)

/** Answers on these ports, and names these peers. */
const takes =
  (
    ports: (port: number) => boolean,
    refusal: TrackerProblem,
    named: (port: number) => Partial<TrackerReply.Announced>,
  ) =>
  ({ port }: AnnounceRequest.AnnounceRequest) =>
    ports(port) ? Effect.succeed(named(port)) : Effect.fail(refusal)

const named = (told: ReadonlyArray<Announcer.TrackerAnswer>) =>
  told.flatMap((answer) => (answer._tag === "TrackerAnswered" ? answer.peers.map(NetAddress.formatInet) : []))

it.effect("a port on which nobody listens is announced, and another one where it is refused; that one is kept", () =>
  Effect.gen(function* () {
    const refusals: ReadonlyArray<TrackerProblem> = [
      { _tag: "Refused", reason: "Invalid 'port' (must be at least 1024)." },
      { _tag: "HttpStatus", status: 400 },
    ]
    for (const refusal of refusals) {
      const { close, heard, told } = yield* start([
        {
          a: takes(
            (port) => port >= 1024,
            refusal,
            () => ({}),
          ),
        },
      ])
      expect(tags(told)).toEqual(["a TrackerAnswered", "RoundEnded"])
      yield* TestClock.adjust("10 minutes")
      yield* settle
      yield* close
      expect(events(heard)).toEqual(["a started", "a started", "a none", "a stopped"])
      const [first, ...others] = heard.map(({ request }) => request.port)
      expect(first).toBe(1)
      expect(new Set(others).size).toBe(1)
      expect(others[0]).toBeGreaterThanOrEqual(49_152)
    }
  }),
)

it.effect("a refusal of something else is not asked twice", () =>
  Effect.gen(function* () {
    const { heard } = yield* start([
      {
        a: takes(
          () => false,
          { _tag: "Refused", reason: "not registered" },
          () => ({}),
        ),
      },
    ])
    expect(heard).toHaveLength(1)
  }),
)

it.effect('who is named with the port that says "do not call me" is not called, and we ourselves are not', () =>
  Effect.gen(function* () {
    const known = ["127.0.0.1:1", "93.184.216.34:1", "93.184.216.34:6881"].map(NetAddress.inetAddressFromStringUnsafe)
    const first = yield* start([{ a: () => Effect.succeed({ peers: known }) }])
    expect(named(first.told)).toEqual(["93.184.216.34:6881"])

    const externalIp = NetAddress.ipFromStringUnsafe("93.184.216.34")
    const at = (ip: string, port: number) => NetAddress.inetAddressFromIpStringUnsafe(ip, port)
    const second = yield* start([
      {
        a: takes(
          (port) => port > 1,
          { _tag: "Refused", reason: "invalid port" },
          (port) => ({
            externalIp,
            peers: [
              at("93.184.216.34", port),
              at("127.0.0.1", port),
              at("93.184.216.35", port),
              at("93.184.216.34", 6881),
            ],
          }),
        ),
      },
    ])
    const { port } = second.heard.at(-1)!.request
    expect(named(second.told)).toEqual([`93.184.216.35:${port}`, "93.184.216.34:6881"])
  }),
)
