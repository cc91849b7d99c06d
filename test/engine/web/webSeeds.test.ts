/** Downloads from web servers that misbehave in every way. */
import { assert, describe, expect, it } from "@effect/vitest"
import { Content, MemoryWeb, Script } from "@unchoke/testkit"
import { Clock, Duration, Effect, Schema, Stream } from "effect"
import { assertComplete, play } from "./world.ts"

const single = Content.make({ files: 600_000, pieceLength: 32_768 })
const many = Content.make({
  name: "a folder",
  pieceLength: 32_768,
  files: [
    { path: ["50 %.txt"], length: 40_000 },
    { path: ["empty"], length: 0 },
    { path: ["sub", "ünï#?&.bin"], length: 100_000 },
    { path: ["sub", "tiny"], length: 1 },
    { path: ["last"], length: 70_000 },
  ],
})
const base = "http://10.1.1.1/data/"
const good = (content: Content.Content) => MemoryWeb.files(content, base)
const world = { content: single, webSeeds: [base], site: good(single) }
const errorOf = ({ result }: { readonly result: { readonly _tag: string } }): string =>
  String((result as unknown as { readonly failure: Error }).failure.message)

describe("a web seed as the only source", () => {
  it.effect("gives all, in ranges across pieces, over connections that are kept, with two requests at once", () =>
    Effect.gen(function* () {
      const outcome = yield* play({ ...world, buffers: 64 })
      assertComplete(outcome, single)
      expect(outcome.requests.length).toBeLessThan(6)
      expect(outcome.web.dials()).toBeLessThanOrEqual(2)
      expect(outcome.web.mostAtOnce("10.1.1.1")).toBeLessThanOrEqual(2)
      const bytes = outcome.requests.reduce((sum, { range }) => sum + range!.last - range!.first + 1, 0)
      expect(bytes).toBe(single.data.length)
      expect(outcome.events.map(({ _tag }) => _tag)).toContain("WebSeedJoined")
    }),
  )

  it.effect("has the files of a torrent by their encoded names; what is empty is not asked for", () =>
    Effect.gen(function* () {
      const outcome = yield* play({ ...world, content: many, site: good(many) })
      assertComplete(outcome, many)
      expect(new Set(outcome.requests.map(({ target }) => target))).toEqual(
        new Set([
          "/data/a%20folder/50%20%25.txt",
          "/data/a%20folder/sub/%C3%BCn%C3%AF%23%3F%26.bin",
          "/data/a%20folder/sub/tiny",
          "/data/a%20folder/last",
        ]),
      )
    }),
  )

  it.effect("is not asked where it is not wanted", () =>
    Effect.gen(function* () {
      const outcome = yield* play({ ...world, options: { webSeeds: false } })
      expect(outcome.requests).toEqual([])
      expect(errorOf(outcome)).toBe("no peers: no tracker was asked and no peer was given")
    }),
  )

  it.effect("of a torrent that is a file, an URL is the file, unless it ends in a slash", () =>
    Effect.gen(function* () {
      const url = "http://10.1.1.1/some/where?key=a%20b"
      const outcome = yield* play({
        ...world,
        webSeeds: [url],
        site: (requested) => ({ ...good(single)({ ...requested, target: "/data/content.bin" }) }),
      })
      assertComplete(outcome, single)
      expect(new Set(outcome.requests.map(({ target }) => target))).toEqual(new Set(["/some/where?key=a%20b"]))
    }),
  )
})

describe("web seeds that are shown alike", () => {
  it.effect("are two, each asked by its own URL, and told apart by a number; one place by two passwords is one", () =>
    Effect.gen(function* () {
      const where = "http://10.1.1.1/get"
      const outcome = yield* play({
        ...world,
        webSeeds: [
          `${where}?file=1`,
          `${where}?file=2`,
          `${where}?file=3`,
          "http://me:a@10.1.1.1/x",
          "http://me:b@10.1.1.1/x",
        ],
        site: () => ({ status: 410 }),
      })
      expect(new Set(outcome.requests.map(({ target }) => target))).toEqual(
        new Set(["/get?file=1", "/get?file=2", "/get?file=3"]),
      )
      const left = outcome.events.flatMap((event) => (event._tag === "WebSeedLeft" ? [event.error.url] : []))
      expect(new Set(left)).toEqual(new Set([`${where}?…`, `${where}?… (2)`, `${where}?… (3)`, "http://10.1.1.1/x"]))
      expect(left).toHaveLength(4)
    }),
  )
})

describe("a web seed that is read from", () => {
  it.effect("leaves what it is at for what a reader waits for", () =>
    Effect.gen(function* () {
      // 16 KiB a second: all of it takes 37 s.
      const slow: MemoryWeb.Site = (requested) => ({ ...good(single)(requested), pace: "1 second" })
      const times: Array<number> = []
      yield* play({
        ...world,
        site: slow,
        buffers: 64,
        reads: (read) =>
          Effect.gen(function* () {
            for (const offset of [500_000, 300_000]) {
              yield* Effect.sleep("5 seconds")
              const asked = yield* Clock.currentTimeMillis
              const got = yield* Stream.runCollect(read(0, { offset, length: 1000 }))
              assert.isTrue(Buffer.concat(got).equals(single.data.subarray(offset, offset + 1000)))
              times.push((yield* Clock.currentTimeMillis) - asked)
            }
          }).pipe(Effect.orDie),
      })
      assert.strictEqual(times.length, 2)
      // A piece is two of its blocks; it may straddle two.
      for (const time of times) assert.isAtMost(time, 4500)
    }),
  )
})

const Length = Schema.Union([
  Schema.Literals([0, 1, 16_383, 16_384, 16_385, 32_768, 100_000]),
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 70_000 })),
])

describe("files of any lengths", () => {
  it.effect.prop(
    "come from a web seed, padding and all, and what is padding or empty is asked of nobody",
    [
      Schema.Array(Schema.Struct({ length: Length, padding: Schema.Boolean })).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(8),
      ),
      Schema.Struct({
        ranges: Schema.Boolean,
        cut: Schema.Literals([700, 16_384, 100_000]),
        pieceLength: Schema.Literals([16_384, 32_768, 131_072]),
      }),
    ],
    ([entries, { cut, pieceLength, ranges }]) =>
      Effect.gen(function* () {
        const files = entries.map(({ length, padding }, nth) => ({ path: ["sub", `${nth}`], length, padding }))
        if (files.every(({ length }) => length === 0)) return
        const content = Content.make({ name: "set", files, pieceLength })
        const site = good(content)
        const outcome = yield* play({
          content,
          webSeeds: [base],
          site: ranges ? site : MemoryWeb.withoutRanges(site),
          cut: (available) => Math.min(available, cut),
        })
        assertComplete(outcome, content)
        const asked = new Set(outcome.requests.map(({ target }) => Number(target.split("/").at(-1))))
        expect([...asked].every((nth) => entries[nth]!.length > 0 && !entries[nth]!.padding)).toBe(true)
      }),
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )
})

describe("how a web seed is asked", () => {
  it.effect("within the download limit", () =>
    Effect.gen(function* () {
      const outcome = yield* play({ ...world, options: { downloadLimit: 50_000 } })
      assertComplete(outcome, single)
      const [began, ended] = [outcome.requests[0]!.at, outcome.ended]
      expect(ended - began).toBeGreaterThan(10_000)
      expect(ended - began).toBeLessThan(15_000)
    }),
  )

  it.effect("two at once of one host, however many web seeds are there", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        ...world,
        webSeeds: ["a", "b", "c"].map((path) => `http://10.1.1.1/${path}/`).concat("http://10.1.1.2/d/"),
        site: (requested) => ({
          ...good(single)({ ...requested, target: requested.target.replace(/^\/./, "/data") }),
          pace: 100,
        }),
      })
      assertComplete(outcome, single)
      expect(outcome.web.mostAtOnce("10.1.1.1")).toBe(2)
      expect(outcome.web.mostAtOnce("10.1.1.2")).toBe(2)
    }),
  )

  it.effect("again when it says so, and nobody is given up meanwhile", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        ...world,
        site: (requested) =>
          requested.at < 90_000 ? { status: 503, fields: { "retry-after": "95" } } : good(single)(requested),
      })
      assertComplete(outcome, single)
      expect(outcome.requests.filter(({ at }) => at > 0 && at < 95_000)).toEqual([])
      const paused = outcome.events.filter(({ _tag }) => _tag === "WebSeedPaused")
      expect(paused).toHaveLength(1)
    }),
  )

  it.effect("later each time, and after five failures not at all", () =>
    Effect.gen(function* () {
      const outcome = yield* play({ ...world, site: () => ({ status: 500 }) })
      const waits = outcome.requests.map(({ at }, nth) => at - (outcome.requests[nth - 1]?.at ?? 0))
      expect(waits.map((wait) => Math.round(wait / 1000))).toEqual([0, 1, 2, 4, 8])
      expect(errorOf(outcome)).toBe(`no peers, and no web seed gives (${base}: answered with 500 Whatever)`)
    }),
  )

  it.effect("later each time where it cuts every answer short, and not at all when no block comes of them", () =>
    Effect.gen(function* () {
      for (const ranges of [true, false]) {
        const site = ranges ? good(single) : MemoryWeb.withoutRanges(good(single))
        const outcome = yield* play({ ...world, site: (requested) => ({ ...site(requested), endsAfter: 16_383 }) })
        expect(outcome.result._tag).toBe("Failure")
        expect(outcome.requests.length).toBeLessThanOrEqual(10)
        const pauses = outcome.events.flatMap((event) =>
          event._tag === "WebSeedPaused" ? [Duration.toSeconds(event.pause)] : [],
        )
        expect(pauses).toEqual([1, 2, 4, 8])
        expect(outcome.ended).toBeGreaterThanOrEqual(15_000)
      }
    }),
  )

  it.effect.prop(
    "for no more than it gives, where it cuts its answers short: it gives all, and is hardly ever cut off again",
    [Schema.Int.check(Schema.isBetween({ minimum: 16_384, maximum: 400_000 })), Schema.Literals([0, 7000])],
    ([most, jitter]) =>
      Effect.gen(function* () {
        const large = Content.make({ files: 4_000_000, pieceLength: 32_768 })
        const outcome = yield* play({
          ...world,
          content: large,
          site: (requested) => ({
            ...good(large)(requested),
            endsAfter: most + ((requested.before * 997) % (jitter + 1)),
          }),
        })
        assertComplete(outcome, large)
        const pauses = outcome.events.filter(({ _tag }) => _tag === "WebSeedPaused").length
        // One request in sixteen asks for twice as much again.
        expect(pauses).toBeLessThanOrEqual(4 + Math.ceil(outcome.requests.length / 8))
      }),
    { arbitrary: { runs: 15 }, timeout: 120_000 },
  )

  it.effect("as often as it takes where it answers with less than it was asked for", () =>
    Effect.gen(function* () {
      const most = 40_000
      const outcome = yield* play({
        ...world,
        site: (requested) => {
          const { first, last } = requested.range!
          const end = Math.min(last, first + most - 1)
          return good(single)({ ...requested, range: { first, last: end } })
        },
      })
      assertComplete(outcome, single)
      expect(outcome.requests.length).toBeGreaterThanOrEqual(600_000 / most)
      expect(outcome.requests.length).toBeLessThan(2 * (600_000 / most))
      const drop = yield* play({
        ...world,
        site: (requested) => {
          const { first } = requested.range!
          return good(single)({ ...requested, range: { first, last: first } })
        },
      })
      expect(errorOf(drop)).toContain("sent bytes 0-0 where bytes 0-")
      expect(drop.requests).toHaveLength(1)
    }),
  )

  it.effect("when it says so, but not in more than an hour; what it said is told as it said it", () =>
    Effect.gen(function* () {
      for (const [said, words, pause] of [
        ["0", "and may be asked again at once", 1],
        ["7200", "and wants to be asked again in 2h", 3600],
        ["90", "and wants to be asked again in 1m 30s", 90],
      ] as const) {
        const outcome = yield* play({
          ...world,
          site: ({ before }) => ({ status: before === 0 ? 503 : 404, fields: { "retry-after": said } }),
        })
        const [paused] = outcome.events.flatMap((event) => (event._tag === "WebSeedPaused" ? [event] : []))
        expect(paused!.error.message).toBe(`${base}: answered with 503 Whatever, ${words}`)
        expect(Duration.toSeconds(paused!.pause)).toBe(pause)
      }
    }),
  )

  it.effect("no more for a file that it does not have; the rest comes from it all the same", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        ...world,
        content: many,
        site: (requested) => (requested.target.endsWith("/last") ? { status: 404 } : good(many)(requested)),
      })
      expect(outcome.result._tag).toBe("Failure")
      expect(outcome.requests.filter(({ target }) => target.endsWith("/last"))).toHaveLength(1)
      const lacks = outcome.events.flatMap((event) => (event._tag === "WebSeedLacks" ? [event.path] : []))
      expect(lacks).toEqual(["a folder/last"])
      // 140 001 of 210 001 bytes lie before it: four whole pieces.
      expect(outcome.stored.size).toBe(4)
    }),
  )

  it.effect("from its beginning where it ignores ranges: once for all, also of what is there by half", () =>
    Effect.gen(function* () {
      const site = MemoryWeb.withoutRanges(good(single))
      const outcome = yield* play({ ...world, site })
      assertComplete(outcome, single)
      expect(outcome.requests).toHaveLength(1)
      const half = single.data.slice()
      half.fill(0, half.length >> 1)
      const rest = yield* play({ ...world, site, files: { "downloads/content.bin": half } })
      assertComplete(rest, single)
      expect(rest.requests).toHaveLength(1)
      // What comes before takes its time, too.
      const slow = yield* play({
        ...world,
        site,
        files: { "downloads/content.bin": half },
        options: { downloadLimit: 10_000 },
      })
      assertComplete(slow, single)
      expect(slow.requests).toHaveLength(1)
    }),
  )
})

const Misbehaviour = Schema.Struct({
  /** Of which requests. */
  at: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))).check(Schema.isMaxLength(4)),
  what: Schema.Literals([
    "503",
    "503 later",
    "429",
    "500",
    "short",
    "silent",
    "closed at once",
    "closes",
    "chunked",
    "until it closes",
    "slow",
    "late",
    "nonsense",
    "another range",
    "another length",
    "404",
    "410",
    "packed",
    "corrupt",
    "redirect",
    "endless redirects",
  ]),
  ranges: Schema.Boolean,
  cut: Schema.Literals([1000, 16_384, 100_000]),
  files: Schema.Boolean,
  buffers: Schema.Literals([1, 4, 40]),
})

const misbehaving =
  (
    site: MemoryWeb.Site,
    what: (typeof Misbehaviour.Type)["what"],
    applies: (requested: MemoryWeb.Requested) => boolean,
  ): MemoryWeb.Site =>
  (requested) => {
    const answer = site(requested)
    if (!applies(requested)) return answer
    const length = answer.body?.length ?? 0
    switch (what) {
      case "503":
        return { status: 503 }
      case "503 later":
        return { status: 503, fields: { "retry-after": "7" } }
      case "429":
        return { status: 429, fields: { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" } }
      case "500":
        return { status: 500, closes: true }
      case "short":
        return { ...answer, endsAfter: length >> 1 }
      case "silent":
        return { ...answer, silentAfter: length >> 1 }
      case "closed at once":
        return { raw: "" }
      case "closes":
        return { ...answer, closes: true }
      case "chunked":
        return { ...answer, framing: "chunked" }
      case "until it closes":
        return { ...answer, framing: "close" }
      case "slow":
        return { ...answer, pace: 5000 }
      case "late":
        return { ...answer, delay: 10_000 }
      case "nonsense":
        return { raw: "SSH-2.0-OpenSSH_9.2\r\n" }
      case "another range":
        return answer.status === 206
          ? { ...answer, fields: { "content-range": `bytes 0-${length - 1}/${length + 9}` } }
          : answer
      case "another length":
        return { status: 200, body: new Uint8Array(77) }
      case "404":
        return { status: 404 }
      case "410":
        return { status: 410 }
      case "packed":
        return { ...answer, fields: { ...answer.fields, "content-encoding": "gzip" } }
      case "corrupt":
        return { ...answer, body: answer.body?.map((byte) => byte ^ 1) ?? new Uint8Array() }
      case "redirect":
        return requested.target.startsWith("/data/")
          ? { status: 302, fields: { location: `http://10.1.1.2/again${requested.target}` } }
          : answer
      case "endless redirects":
        return { status: 301, fields: { location: "x" } }
    }
  }

/** What passes, or is put up with. */
const harmless = [
  "503",
  "503 later",
  "429",
  "500",
  "short",
  "silent",
  "closed at once",
  "closes",
  "chunked",
  "until it closes",
  "slow",
  "late",
  "redirect",
]

describe("a web seed that misbehaves", () => {
  it.effect.prop(
    "is put up with as long as it gives, and left when it does not; with a peer beside it the download is complete whatever it does",
    [Misbehaviour, Schema.Boolean],
    ([{ at, buffers, cut, files, ranges, what }, withPeer]) =>
      Effect.gen(function* () {
        const content = files ? many : single
        const honest: MemoryWeb.Site = (requested) =>
          good(content)({ ...requested, target: requested.target.replace(/^\/again/, "") })
        const site = misbehaving(ranges ? honest : MemoryWeb.withoutRanges(honest), what, ({ before }) =>
          at.includes(before),
        )
        const outcome = yield* play({
          content,
          webSeeds: [base],
          site,
          buffers,
          cut: (available) => Math.min(available, cut),
          ...(withPeer && { peers: { "10.0.0.1:6881": Script.good } }),
        })
        if (withPeer || harmless.includes(what) || at.length === 0) return assertComplete(outcome, content)
        if (outcome.result._tag === "Success") return assertComplete(outcome, content)
        assert.strictEqual(outcome.result.failure._tag, "NoPeers")
        assert.include(errorOf(outcome), `${base}: `)
      }),
    { arbitrary: { runs: 40 }, timeout: 300_000 },
  )
})

describe("web seeds beside peers", () => {
  const large = Content.make({ files: 8_000_000, pieceLength: 32_768 })
  const bytesOf = ({ requests }: { readonly requests: ReadonlyArray<MemoryWeb.Requested> }) =>
    requests.reduce((sum, { range }) => sum + (range === undefined ? 0 : range.last - range.first + 1), 0)

  it.effect("both give, and next to nothing twice; the web seed is asked for long parts", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        ...world,
        content: large,
        site: (requested) => ({ ...good(large)(requested), pace: 20 }),
        buffers: 100,
        peers: { "10.0.0.1:6881": Script.trickling(20) },
      })
      assertComplete(outcome, large)
      const [web, peer] = [bytesOf(outcome), outcome.served.length * 16_384]
      expect(web).toBeGreaterThan(1_000_000)
      expect(peer).toBeGreaterThan(1_000_000)
      expect(web + peer).toBeLessThan(1.1 * large.data.length)
      expect(web / outcome.requests.length).toBeGreaterThan(100_000)
    }),
  )

  it.effect("what a peer has is left to it, as long as there is something else", () =>
    Effect.gen(function* () {
      const has = 100
      const missing = Array.from({ length: large.torrent.geometry.pieces - has }, (_, nth) => has + nth)
      const outcome = yield* play({
        ...world,
        content: large,
        site: (requested) => ({ ...good(large)(requested), pace: 20 }),
        buffers: 100,
        peers: {
          "10.0.0.1:6881": {
            _tag: "Accept",
            steps: [
              { _tag: "AwaitHandshake" },
              { _tag: "Handshake", kind: "right" },
              { _tag: "Bitfield", missing },
              { _tag: "AwaitInterested" },
              { _tag: "Unchoke" },
              { _tag: "Serve", pause: 20 },
            ],
          },
        },
      })
      assertComplete(outcome, large)
      const parts = outcome.requests.map(({ at, range }) => ({ ...range!, at }))
      const isIts = ({ first }: { readonly first: number }) => first < has * 32_768
      // The first requests are sent before the peer has said what it has.
      const began = parts.findIndex((part) => part.at >= 1000 && isIts(part))
      const before = began === -1 ? parts : parts.slice(0, began)
      const others = before.filter((part) => !isIts(part)).reduce((sum, { first, last }) => sum + last - first + 1, 0)
      expect(others).toBeGreaterThan(0.9 * (large.data.length - has * 32_768))
    }),
  )

  it.effect("one that is wrong is found out, and left like a peer; what a peer gives stays", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        ...world,
        content: large,
        site: (requested) => {
          const answer = good(large)(requested)
          return {
            ...answer,
            pace: 20,
            body: answer.body?.map((byte, at) => (at % 100_000 === 5 ? byte ^ 1 : byte)) ?? new Uint8Array(),
          }
        },
        buffers: 100,
        peers: { "10.0.0.1:6881": Script.trickling(5) },
      })
      assertComplete(outcome, large)
      const left = outcome.events.flatMap((event) => (event._tag === "WebSeedLeft" ? [event.error.reason._tag] : []))
      expect(left).toEqual(["CorruptPiece"])
    }),
  )
})

describe("a web seed that gives", () => {
  const scripts = {
    good: Script.good,
    stalls: Script.stallAfter(3),
    hangsUp: Script.dropAfter(5),
    trickles: Script.trickling(3000),
    lies: Script.spoilingEvery(2),
    chokes: Script.neverUnchoke,
    refuses: Script.refuse,
    silent: Script.blackhole,
    flips: Script.flipFlop(2000),
  }
  const Kind = Schema.Literals(Object.keys(scripts) as Array<keyof typeof scripts>)

  it.effect.prop(
    "completes the download whatever the peers beside it do, and is never blamed for it",
    [
      Schema.Array(Kind).check(Schema.isMaxLength(5)),
      Schema.Boolean,
      Schema.Literals([1, 3, 40]),
      Schema.Literals([0, 30, 400]),
    ],
    ([kinds, ranges, buffers, pace]) =>
      Effect.gen(function* () {
        const site: MemoryWeb.Site = (requested) => ({ ...good(single)(requested), pace })
        const peers = Object.fromEntries(kinds.map((kind, nth) => [`10.0.0.${nth + 1}:6881`, scripts[kind]]))
        const outcome = yield* play({ ...world, site: ranges ? site : MemoryWeb.withoutRanges(site), peers, buffers })
        assertComplete(outcome, single)
        expect(outcome.events.filter(({ _tag }) => _tag === "WebSeedLeft")).toEqual([])
      }),
    { arbitrary: { runs: 40 }, timeout: 300_000 },
  )
})

describe("who gives nothing that is right", () => {
  it.effect("leaves nothing behind, be it a peer or a web seed", () =>
    Effect.gen(function* () {
      const wrong: MemoryWeb.Site = (requested) => {
        const answer = good(many)(requested)
        return { ...answer, body: answer.body?.map((byte) => byte ^ 1) ?? new Uint8Array() }
      }
      const sources = [{ site: wrong }, { webSeeds: [], peers: { "10.0.0.1:6881": Script.spoilingEvery(1) } }]
      for (const source of sources) {
        const outcome = yield* play({ ...world, content: many, ...source })
        expect(outcome.result._tag).toBe("Failure")
        expect(outcome.events.map(({ _tag }) => _tag)).toContain("PieceCorrupt")
        expect([...outcome.files.keys()]).toEqual([])
      }
    }),
  )
})

describe("web seeds, where one complete peer after the other is downloaded from", () => {
  const strategies = ["race", "sequence"] as const

  it.effect("are asked when no peer is left, and give all", () =>
    Effect.gen(function* () {
      for (const strategy of strategies) {
        const alone = yield* play({ ...world, options: { strategy } })
        assertComplete(alone, single)
        const peers = { "10.0.0.1:6881": Script.refuse, "10.0.0.2:6881": Script.neverUnchoke }
        const outcome = yield* play({ ...world, options: { strategy }, peers })
        assertComplete(outcome, single)
        const order = outcome.events.map(({ _tag }) => _tag)
        expect(order.indexOf("WebSeedJoined")).toBeGreaterThan(order.lastIndexOf("Rejected"))
      }
    }),
  )

  it.effect("are left alone as long as a peer gives", () =>
    Effect.gen(function* () {
      for (const strategy of strategies) {
        const peers = { "10.0.0.1:6881": Script.trickling(100) }
        const outcome = yield* play({ ...world, options: { strategy }, peers })
        assertComplete(outcome, single)
        expect(outcome.requests).toEqual([])
      }
    }),
  )

  it.effect("are named with what they said when they do not give either", () =>
    Effect.gen(function* () {
      for (const strategy of strategies) {
        const alone = yield* play({ ...world, options: { strategy }, site: () => ({ status: 404 }) })
        expect(errorOf(alone)).toBe(`no peers, and no web seed gives (${base}: answered with 404 Whatever)`)
        const peers = { "10.0.0.1:6881": Script.refuse }
        const outcome = yield* play({ ...world, options: { strategy }, peers, site: () => ({ status: 404 }) })
        expect(errorOf(outcome)).toContain(`${base}: answered with 404 Whatever`)
        const unwanted = yield* play({ ...world, options: { strategy, webSeeds: false } })
        expect(unwanted.requests).toEqual([])
      }
    }),
  )
})
