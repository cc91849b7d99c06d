/** What is shown of a swarm and of a seed, by events that are made up. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Duration, Effect, HashMap, Schema } from "effect"
import { NetAddress } from "effect/net"
import {
  ConnectFailed,
  CorruptPiece,
  Disconnected,
  Dismissed,
  DownloadEvent,
  IncompletePeer,
  ListenFailed,
  NoSuitablePeer,
  StorageError,
} from "@unchoke/engine"
import { downloadLine, downloadReport } from "../../packages/cli/src/render/downloadLine.ts"
import * as DownloadProgress from "../../packages/cli/src/render/DownloadProgress.ts"
import {
  ending,
  nobodyLeft,
  seedBeginning,
  seedEnding,
  seedingNow,
  stopped,
} from "../../packages/cli/src/render/downloadSentences.ts"
import { codeOf } from "../../packages/cli/src/ExitCode.ts"
import { NobodyLeft } from "../../packages/cli/src/NobodyLeft.ts"
import { failure } from "../../packages/cli/src/render/failure.ts"
import { coloured, plain } from "../../packages/cli/src/render/style.ts"
import { widthOf } from "../../packages/cli/src/render/text.ts"
import * as Totals from "../../packages/cli/src/render/Totals.ts"
import { peer, seen } from "./peers.ts"
import { afterAll, lineOf, reportOf } from "./after.ts"

/** 10 pieces, the last one half as long. */
const content = Content.make({ name: "film.mkv", files: 9.5 * 65_536, pieceLength: 65_536 })
const { torrent } = content
const length = content.data.length

const checked = (present = 0): DownloadEvent => ({
  _tag: "Checking",
  checked: 10,
  present,
  bytes: Math.min(length, present * 65_536),
  pieces: 10,
})
const dialling = (last: number): DownloadEvent => ({ _tag: "Dialling", peer: peer(last) })
const joined = (last: number, client = "A 1"): DownloadEvent => ({
  _tag: "Joined",
  peer: peer(last),
  incoming: last % 2 === 1,
  seen: seen({ client }),
})
const stands = (last: number, standing: "idle" | "parked" | "supplying", serving = false): DownloadEvent => ({
  _tag: "Standing",
  peer: peer(last),
  standing,
  serving,
})
const received = (last: number, bytes: number): DownloadEvent => ({ _tag: "Received", peer: peer(last), bytes })
const sent = (last: number, bytes: number): DownloadEvent => ({ _tag: "Sent", peer: peer(last), bytes })
const left = (last: number): DownloadEvent => ({
  _tag: "Left",
  peer: peer(last),
  error: new Disconnected({ peer: peer(last), seen: seen({}), phase: "download", reason: "closed" }),
})
const refused = (last: number) => new ConnectFailed({ peer: peer(last), seen: seen({}), reason: "refused" })
const stored = (piece: number, stored: number): DownloadEvent => ({
  _tag: "PieceStored",
  piece,
  bytes: piece === 9 ? 32_768 : 65_536,
  stored,
  pieces: 10,
})
const copies = (copies: number): DownloadEvent => ({ _tag: "Copies", copies, lacking: copies < 1 ? 2 : 0, pieces: [] })
const waits = (lacking: number, copies = 0.7): DownloadEvent => ({
  _tag: "Waiting",
  lacking,
  copies,
  rejections: [
    refused(1),
    refused(2),
    new IncompletePeer({ peer: peer(3), seen: seen({ have: 0 }), have: 0, want: 10 }),
  ],
})
const done: DownloadEvent = { _tag: "Done", pieces: 10, bytes: length }

const swarm: DownloadProgress.Task = { strategy: "swarm", seed: undefined }
const andSeed: DownloadProgress.Task = { strategy: "swarm", seed: { ratio: 1.5 } }
const seedOnly: DownloadProgress.Task = { strategy: undefined, seed: {} }

const after = (task: DownloadProgress.Task, ...events: ReadonlyArray<DownloadEvent>) =>
  afterAll(DownloadProgress.initial(torrent, task), events)

const trading = [
  checked(),
  joined(1),
  joined(2),
  joined(3),
  stands(1, "supplying", true),
  stands(2, "parked", true),
  received(1, 311_296),
  sent(2, 16_384),
] as const

describe("the line of a swarm", () => {
  it("tells the amount, both rates, the time that is left, and who gives and takes", () => {
    const some = after(swarm, ...trading)
    assert.strictEqual(
      reportOf(some),
      "50.0 % of 608 KiB, 608 KiB/s down, 26.7 KiB/s up, 1 s left, from 1, to 2 of 3 peers",
    )
    const lines = [120, 97, 89, 80, 75, 60, 49, 40, 30, 20, 10, 6, 3]
    assert.deepStrictEqual(
      lines.map((columns) => lineOf(some, columns)),
      [
        "━━━━━━━━━━━━╸────────────   50.0 % of 608 KiB   ↓ 608 KiB/s  ↑ 26.7 KiB/s         1 s left  from 1, to 2 of 3 peers",
        " 50.0 % of 608 KiB   ↓ 608 KiB/s  ↑ 26.7 KiB/s         1 s left  from 1, to 2 of 3 peers",
        "━━━━━━━╸───────  50.0 %   ↓ 608 KiB/s  ↑ 26.7 KiB/s         1 s left  from 1, to 2 of 3",
        "50.0 %   ↓ 608 KiB/s  ↑ 26.7 KiB/s         1 s left  from 1, to 2 of 3",
        "50.0 %   ↓ 608 KiB/s  ↑ 26.7 KiB/s         1 s left  from 1, to 2 of 3",
        "50.0 %   ↓ 608 KiB/s  ↑ 26.7 KiB/s         1 s left",
        "━━━━━─────  50.0 %   ↓ 608 KiB/s         1 s left",
        "50.0 %   ↓ 608 KiB/s         1 s left",
        "50.0 %         1 s left",
        "50.0 %  1 s left",
        "50.0 %",
        "50.0 %",
        "50…",
      ],
    )
  })

  it("looks for peers until one is there, and again when all have gone", () => {
    const looking = after(swarm, checked(), dialling(1), dialling(2), joined(1), left(1))
    assert.strictEqual(reportOf(looking), "Looking for peers: 1 dialling")
    assert.strictEqual(
      reportOf(after(swarm, checked(), dialling(1), joined(1))),
      "0.0 % of 608 KiB, 0 B/s down, 0 B/s up, from 0, to 0 of 1 peer",
    )
  })

  it("tells how many copies are reachable where the time would stand, while that is below one", () => {
    const few = after(swarm, ...trading, copies(0.799))
    assert.include(reportOf(few), ", 0.79 copies reachable, from 1")
    assert.include(lineOf(few, 80), "  0.79 copies  ")
    assert.include(lineOf(few, 30), "0.79 copies")
    assert.include(reportOf(after(swarm, ...trading, copies(0.799), copies(1))), "left, from 1")
    assert.notInclude(reportOf(after(swarm, ...trading, copies(0.5), done)), "copies")
  })

  it("keeps its numbers in their places", () => {
    const places = (line: string) => [line.indexOf("↓"), line.indexOf("↑"), line.indexOf("from")].map((at) => at >= 0)
    const ends = (line: string) =>
      [...line.matchAll(/\/s|left|copies/g)].map(({ index }) => widthOf(line.slice(0, index)))
    for (const columns of [60, 80, 97, 120]) {
      const lines = [after(swarm, ...trading), after(swarm, ...trading, received(1, 100_000), sent(1, 500_000))].map(
        (progress) => lineOf(progress, columns),
      )
      assert.deepStrictEqual(places(lines[0]!), places(lines[1]!))
      assert.deepStrictEqual(ends(lines[0]!), ends(lines[1]!))
    }
  })

  const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  const Happening = Schema.Struct({
    kind: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 })),
    last: small,
    bytes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 40 })),
    client: Schema.String,
  })
  const eventOf = ({ bytes, client, kind, last }: typeof Happening.Type): DownloadEvent =>
    [
      checked(last % 11),
      dialling(last),
      joined(last, client),
      stands(last, (["idle", "parked", "supplying"] as const)[last % 3]!, bytes % 2 === 0),
      received(last, bytes),
      sent(last, bytes),
      left(last),
      copies(last / 100),
      waits(last),
      stored(3, 1),
      done,
    ][kind]!

  it.effect.prop(
    "fits every terminal, whatever happened and whatever was asked for; its numbers are whole",
    [
      Schema.Array(Happening),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })),
      Schema.Literals([0, 1, 2]),
    ],
    ([happenings, columns, which]) =>
      Effect.sync(() => {
        const events = happenings.map(eventOf)
        const { now, progress } = after([swarm, andSeed, seedOnly][which]!, checked(10), ...events)
        const line = downloadLine(progress, now, columns, plain)
        assert.isAtMost(widthOf(line), columns)
        assert.strictEqual(widthOf(downloadLine(progress, now, columns, coloured)), widthOf(line))
        assert.notInclude(line, "\n")
        if (columns >= 30 && !line.includes("Looking")) assert.notInclude(line, "…")
        assert.isAtMost(DownloadProgress.arrived(progress), length)
      }),
  )

  it.effect.prop(
    "counts each peer once, as it stands last",
    [Schema.Array(Schema.Struct({ last: small, kind: Schema.Literals([0, 1, 2, 3]), serving: Schema.Boolean }))],
    ([steps]) =>
      Effect.sync(() => {
        const here = new Map<number, { gives: boolean; takes: boolean }>()
        const events: Array<DownloadEvent> = [checked()]
        for (const { kind, last, serving } of steps) {
          if (kind === 0) here.set(last, { gives: false, takes: false })
          else if (kind === 3) here.delete(last)
          else if (here.has(last)) here.set(last, { gives: kind === 1, takes: serving })
          events.push(
            [joined(last), stands(last, "supplying", serving), stands(last, "parked", serving), left(last)][kind]!,
          )
        }
        const count = (of: (one: { gives: boolean; takes: boolean }) => boolean) => [...here.values()].filter(of).length
        const { progress } = after(swarm, ...events)
        const peers = `${here.size} ${here.size === 1 ? "peer" : "peers"}`
        if (here.size > 0) {
          assert.isTrue(
            downloadReport(progress, 1e6).endsWith(
              `from ${count((one) => one.gives)}, to ${count((one) => one.takes)} of ${peers}`,
            ),
          )
        } else assert.isTrue(downloadReport(progress, 1e6).startsWith("Looking"))
      }),
  )
})

describe("a seed that is called by thousands", () => {
  it("counts no more of those that came to nothing than it can remember", () => {
    let progress = after(seedOnly, checked(10)).progress
    for (let port = 1; port <= 12_000; port++) {
      const caller = NetAddress.inetAddressUnsafe(peer(1).address, port)
      const error = new ConnectFailed({ peer: caller, seen: seen({}), reason: "refused" })
      progress = DownloadProgress.step(progress, { _tag: "Rejected", peer: caller, error }, 0)
    }
    assert.strictEqual(HashMap.size(progress.swarm.rejected), 10_000)
  })
})

describe("the notes of a swarm", () => {
  it("are none of who comes and goes, but of who is banned", () => {
    const corrupt = new CorruptPiece({ peer: peer(1), seen: seen({}), piece: 7 })
    const dismissed = new Dismissed({ peer: peer(2), seen: seen({}), reason: "room for others" })
    const { notes } = after(
      swarm,
      { _tag: "Listening", port: 6881 },
      { _tag: "Rejected", peer: peer(9), error: refused(9) },
      ...trading,
      left(3),
      { _tag: "Left", peer: peer(2), error: dismissed },
      { _tag: "PieceCorrupt", piece: 7 },
      { _tag: "Left", peer: peer(1), error: corrupt },
      { _tag: "Condemned", peer: peer(1), error: corrupt },
      copies(0.4),
    )
    assert.deepStrictEqual(notes, [
      "Corrupt piece 7: thrown away, it will be fetched again.",
      "Banned 10.0.0.1:6881: sent a corrupt piece (7); it is not asked again.",
      "Banned 10.0.0.1:6881: sent a corrupt piece (7), as it turned out; it is not asked again.",
    ])
  })

  it("say of each file once that what it had is not there any more", () => {
    const lost = (piece: number, path: string): DownloadEvent => ({
      _tag: "PieceLost",
      piece,
      error: new StorageError({ operation: "read", path, reason: "changed" }),
    })
    const { notes } = after(seedOnly, checked(10), lost(3, "/films/a"), lost(4, "/films/a"), lost(7, "/films/b"))
    const on =
      "Nobody is served what is not there, and nobody new is told of it; all else goes on. Whoever starts it again has it looked at anew."
    assert.deepStrictEqual(notes.slice(1), [
      `No longer there: piece 3 and perhaps more, cannot read /films/a: changed. ${on}`,
      `No longer there: piece 7 and perhaps more, cannot read /films/b: changed. ${on}`,
    ])
    const disk = Array.from({ length: 100 }, (_, file) => lost(file, `/films/${file}`))
    const pulled = after(seedOnly, checked(100), ...disk).notes.slice(1)
    assert.lengthOf(pulled, 6)
    assert.strictEqual(pulled[5], "No longer there: more files than these; no more is said of that.")
    const json = Schema.encodeSync(Schema.fromJsonString(DownloadEvent))(lost(3, "/films/a"))
    assert.deepInclude(JSON.parse(json), { _tag: "PieceLost", piece: 3 })
    assert.deepInclude(JSON.parse(json).error, { _tag: "StorageError", path: "/films/a", reason: "changed" })
  })

  it("say that nobody can call us, in one line", () => {
    const why = new ListenFailed({ ports: [80], reason: "permission denied" }).message
    assert.deepStrictEqual(after(swarm, { _tag: "NotListening", why: `${why}\u001b` }).notes, [
      "Nobody can call us: cannot listen on port 80: permission denied�. All else goes on; --port takes another port.",
    ])
  })

  it("name the pieces that are with nobody, as far as they are known", () => {
    const lacking = (amount: number, pieces: ReadonlyArray<number>): DownloadEvent => ({
      _tag: "Copies",
      copies: 0.3,
      lacking: amount,
      pieces,
    })
    const noteOf = (...events: ReadonlyArray<DownloadEvent>) => after(swarm, checked(), ...events).notes[0]
    assert.include(noteOf(lacking(2, [8, 9]), waits(2)), "Waiting: 2 of 10 pieces (8, 9) are with nobody")
    assert.include(
      noteOf(lacking(7, [0, 1, 2, 5, 7, 8, 9]), waits(7)),
      "Waiting: 7 of 10 pieces (0, 1, 2, 5, 7, …) are with nobody",
    )
    assert.include(noteOf(lacking(2, [8, 9]), waits(1)), "Waiting: 1 of 10 pieces is with nobody")
  })

  it("say what is waited for, who does not help and how to stop; again only when it is something else", () => {
    const on = "It goes on when somebody brings more; Ctrl-C stops it, and what is verified is kept."
    const others = "3 peers would not help: 2 refused the connection, 1 had nothing to give."
    const two = `Waiting: 2 of 10 pieces are with nobody who can be reached (0.70 copies). ${others} ${on}`
    const { notes } = after(swarm, checked(), waits(2), waits(2), waits(1), stored(0, 1), waits(1), waits(0, 1.25))
    assert.deepStrictEqual(notes, [
      two,
      two.replace("2 of 10 pieces are", "1 of 10 pieces is"),
      two.replace("2 of 10 pieces are", "1 of 10 pieces is"),
      `Waiting: nobody who has what is missing gives it to us now. ${others} ${on}`,
    ])
  })
})

describe("the end of a swarm's download", () => {
  it("tells from whom it came, and how much was given", () => {
    const { progress } = after(swarm, ...trading, stands(3, "supplying"), left(3), sent(1, 600_000), done)
    assert.strictEqual(
      ending({ progress, path: "film.mkv", took: 1000 }, plain),
      "Done. film.mkv is complete: 608 KiB in 1.0 s, 608 KiB/s, from 10.0.0.1:6881 (A 1); 602 KiB given (ratio 0.99).",
    )
  })

  it("names those who gave, the most first, and nobody who only might have", () => {
    const { progress } = after(
      swarm,
      checked(),
      ...[1, 2, 3, 4, 5, 6].flatMap((last) => [joined(last), stands(last, "supplying")]),
      received(5, 65_536),
      received(6, 131_072),
      received(5, 16_384),
      done,
    )
    const sentence = ending({ progress, path: "film.mkv", took: 1000 }, plain)
    assert.isTrue(sentence.endsWith(", from 10.0.0.6:6881 (A 1), 10.0.0.5:6881 (A 1)."), sentence)
  })

  it("names those by who they are who said so late, before they gave or afterwards", () => {
    const identified: DownloadEvent = { _tag: "Identified", peer: peer(1), seen: seen({ client: "Late 2" }) }
    const events = [joined(1, "?"), stands(1, "supplying"), received(1, 65_536)]
    for (let at = 1; at <= events.length; at++) {
      const { progress } = after(swarm, checked(), ...events.toSpliced(at, 0, identified), done)
      assert.match(ending({ progress, path: "film.mkv", took: 1000 }, plain), /, from 10\.0\.0\.1:6881 \(Late 2\)\.$/)
    }
    const { progress } = after(swarm, checked(), identified, stands(1, "supplying"), done)
    assert.notInclude(ending({ progress, path: "film.mkv", took: 1000 }, plain), "Late 2")
  })

  it("names nobody who was banned for what it sent, whether it was here by then or not", () => {
    const corrupt = (last: number) => new CorruptPiece({ peer: peer(last), seen: seen({}), piece: 7 })
    const { progress } = after(
      swarm,
      checked(),
      ...[1, 2, 3].flatMap((last) => [joined(last), stands(last, "supplying"), received(last, 65_536)]),
      left(2),
      { _tag: "Condemned", peer: peer(2), error: corrupt(2) },
      { _tag: "Left", peer: peer(3), error: corrupt(3) },
      done,
    )
    const sentence = ending({ progress, path: "film.mkv", took: 1000 }, plain)
    assert.isTrue(sentence.endsWith(", from 10.0.0.1:6881 (A 1)."), sentence)
  })

  it("stopped, it tells what was given, too", () => {
    assert.strictEqual(
      stopped(after(swarm, ...trading, stored(0, 1)).progress, 0),
      "Stopped with 64 KiB of 608 KiB verified and 16 KiB given (ratio 0.02); the same command goes on from there.",
    )
  })
})

describe("a seed", () => {
  it("says what it serves, and what ends it", () => {
    assert.strictEqual(seedBeginning(torrent, "/films", plain), "Seeding film.mkv (608 KiB in 10 pieces) from /films")
    assert.deepStrictEqual(after(seedOnly, checked(10)).notes, ["All 608 KiB are there and right."])
    assert.deepStrictEqual(after(seedOnly, checked(4)).notes, ["256 KiB of 608 KiB are there: that part is served."])
    assert.strictEqual(seedingNow({}), "Seeding now: Ctrl-C ends it.")
    assert.strictEqual(seedingNow({ ratio: 1.5 }), "Seeding now until the ratio is 1.5; Ctrl-C ends it before.")
    assert.strictEqual(
      seedingNow({ ratio: 2, time: Duration.hours(2) }),
      "Seeding now until the ratio is 2 or for 2 h, whichever comes first; Ctrl-C ends it before.",
    )
    const times = ["90 seconds", "30 minutes", "36 hours", "24 hours", "500 millis"] as const
    assert.deepStrictEqual(
      times.map((time) => / for (.+); /.exec(seedingNow({ time: Duration.fromInputUnsafe(time) }))![1]),
      ["1 min 30 s", "30 min", "1 day 12 h", "1 day", "0.5 s"],
    )
  })

  it("says at every width, with a goal or without, that it seeds", () => {
    for (const task of [seedOnly, { strategy: undefined, seed: { ratio: 2 } }]) {
      const seeding = after(task, checked(10), joined(2), stands(2, "idle", true), sent(2, 311_296))
      for (let columns = 7; columns <= 200; columns++) assert.match(lineOf(seeding, columns), /Seeding/)
      assert.match(lineOf(seeding, 30), task === seedOnly ? /↑ .* MiB\/s$/ : /ratio 0\.50 of 2$/)
    }
  })

  it("shows what was given, the ratio, the rate and who takes it", () => {
    const seeding = after(seedOnly, checked(10), joined(1), joined(2), stands(2, "idle", true), sent(2, 311_296))
    assert.strictEqual(reportOf(seeding), "Seeding: 304 KiB given, ratio 0.50, 0.99 MiB/s up, to 1 of 2 peers")
    assert.deepStrictEqual(
      [80, 64, 45, 30, 11, 8].map((columns) => lineOf(seeding, columns)),
      [
        "Seeding   304 KiB given   ratio 0.50  ↑ 0.99 MiB/s  to 1 of 2 peers",
        "Seeding   304 KiB given   ratio 0.50  ↑ 0.99 MiB/s",
        "Seeding  ↑ 0.99 MiB/s   ratio 0.50",
        "Seeding  ↑ 0.99 MiB/s",
        "Seeding",
        "Seeding",
      ],
    )
    assert.strictEqual(
      reportOf(after(seedOnly, checked(10))),
      "Seeding: 0 B given, ratio 0.00, 0 B/s up, to nobody yet",
    )
    assert.include(reportOf(after(seedOnly, checked(10), joined(2), sent(2, 16_384), left(2))), ", to nobody now")
  })

  it("goes on from a download with those who are there, and shows how far the goal is", () => {
    const seeding = after(andSeed, ...trading, done, stands(2, "idle", true))
    assert.strictEqual(
      lineOf(seeding, 80),
      "Seeding    16 KiB given   ratio 0.02 of 1.5  ↑ 26.7 KiB/s  to 2 of 3 peers",
    )
    assert.include(lineOf(seeding, 110), "─────────  Seeding")
  })

  it("ends with how long it was, and how much; stopped, likewise", () => {
    const { progress } = after(andSeed, ...trading, done, sent(2, 917_504))
    assert.strictEqual(
      seedEnding({ progress, path: "film.mkv", took: 7_380_000 }, plain),
      "Seeded film.mkv for 2 h 3 min: 912 KiB given (ratio 1.50).",
    )
    assert.strictEqual(stopped(progress, 5000), "Stopped seeding after 5.0 s: 912 KiB given (ratio 1.50).")
    assert.strictEqual(
      stopped(after(seedOnly, checked(10)).progress, 5000),
      "Stopped seeding after 5.0 s: nothing was asked for.",
    )
  })
})

describe("who gave something and left", () => {
  const gave = [checked(), joined(1), stands(1, "supplying"), received(1, 65_536), received(1, 65_536)] as const

  it("is named where nobody who can be reached has the rest, and is none of those who would not help", () => {
    const { notes } = after(swarm, ...gave, stored(0, 1), left(1), waits(2))
    assert.include(
      notes.at(-1)!,
      " 10.0.0.1:6881 (A 1) gave 128 KiB and hung up during the download; called again, it refused the connection. 2 peers would not help:",
    )
  })

  it("is what a download that ends for want of peers tells, and what stays", () => {
    const before = after(swarm, ...gave, joined(4), received(4, 65_536), stored(0, 1), left(1), left(4)).progress
    const none = new NoSuitablePeer({ rejections: [refused(1), refused(2)] })
    const error = nobodyLeft(none, before, "here")
    assert.instanceOf(error, NobodyLeft)
    assert.deepStrictEqual(failure(error, { torrent: "a.torrent" }), [
      "Nobody is left who would give us the missing 9 of 10 pieces.",
      "  10.0.0.1:6881 (A 1) gave 128 KiB and hung up during the download; called again, it refused the connection.",
      "  10.0.0.4:6881 (A 1) gave 64 KiB and hung up during the download.",
      "  1 other would not help: 1 refused the connection.",
      "64 KiB of 608 KiB are verified, and stay in here. The same command goes on from there when somebody has the rest. Try again later: peers come and go. `unchoke probe a.torrent` shows who has it now.",
    ])
    assert.strictEqual(codeOf(error), codeOf(none))
    // Who is here again has not left, and nobody has given anything to this one.
    const back = after(swarm, ...gave, left(1), joined(1)).progress
    for (const progress of [back, after(swarm, checked()).progress, undefined]) {
      assert.strictEqual(nobodyLeft(none, progress, "here"), none)
    }
  })

  it("is told by what it did, also when we let it go", () => {
    const dismissed = new Dismissed({ peer: peer(1), seen: seen({}), reason: "nothing to exchange" })
    const { progress } = after(swarm, ...gave, { _tag: "Left", peer: peer(1), error: dismissed })
    for (const [last, since] of [
      [dismissed, ""],
      [
        new ConnectFailed({ peer: peer(1), seen: seen({}), reason: "unreachable" }),
        "; called again, it was unreachable",
      ],
      [
        new ConnectFailed({ peer: peer(1), seen: seen({}), reason: "refused" }),
        "; called again, it refused the connection",
      ],
    ] as const) {
      const error = nobodyLeft(new NoSuitablePeer({ rejections: [last] }), progress, "here")
      assert.instanceOf(error, NobodyLeft)
      assert.deepStrictEqual(error.gone, [`10.0.0.1:6881 (A 1) gave 128 KiB and had nothing more for us${since}`])
    }
  })

  it("is nobody who sent what is not the torrent's", () => {
    const corrupt: DownloadEvent = {
      _tag: "Left",
      peer: peer(1),
      error: new CorruptPiece({ peer: peer(1), seen: seen({}), piece: 0 }),
    }
    const none = new NoSuitablePeer({ rejections: [refused(1)] })
    assert.strictEqual(nobodyLeft(none, after(swarm, ...gave, corrupt).progress, "here"), none)
  })
})

describe("a choice", () => {
  it("is as long as its files, not as their pieces, wherever it is told", () => {
    const chosen: DownloadEvent = { _tag: "Chosen", files: 1, of: 3, length: 100_000, pieces: 2, bytes: 131_072 }
    const looked: DownloadEvent = { _tag: "Checking", checked: 10, present: 1, bytes: 65_536, pieces: 10 }
    const half = after(swarm, chosen, looked)
    assert.deepStrictEqual(half.notes, ["1 file of 3 chosen: 97.7 KiB", "48.8 KiB of 97.7 KiB are there already."])
    assert.match(lineOf(half, 120), /50\.0 % of 97\.7 KiB/)
    assert.match(stopped(half.progress, 0), /^Stopped with 48\.8 KiB of 97\.7 KiB verified/)
    const all = after(swarm, chosen, looked, { ...stored(1, 2), pieces: 2 } as DownloadEvent, {
      _tag: "Done",
      pieces: 2,
      bytes: 131_072,
    })
    const end = ending({ progress: all.progress, path: "x", took: 1000 }, plain)
    assert.match(end, /1 file of x is complete: the missing 48\.8 KiB in 1\.0 s, 48\.8 KiB\/s/)
    const seeded = after(seedOnly, chosen, { ...looked, present: 2, bytes: 131_072 })
    assert.deepStrictEqual(seeded.notes.slice(1), ["All 97.7 KiB are there and right."])
  })
})

describe("the totals", () => {
  it("count what is there, and what came and went this time", () => {
    const events = [checked(4), joined(1), stored(4, 5), stored(9, 6), sent(1, 1000), sent(2, 311_296)]
    assert.deepStrictEqual(Totals.summary(events.reduce(Totals.step, Totals.none), torrent), {
      stored: 6,
      pieces: 10,
      bytes: 5 * 65_536 + 32_768,
      downloaded: 65_536 + 32_768,
      uploaded: 312_296,
      ratio: 0.5016,
    })
  })

  it("tell how many pieces were not looked at yet, while there are any", () => {
    assert.deepInclude(Totals.summary(Totals.none, torrent), { stored: 0, unchecked: 10 })
    const some = Totals.step(Totals.none, { _tag: "Checking", checked: 4, present: 1, bytes: 65_536, pieces: 10 })
    assert.deepInclude(Totals.summary(some, torrent), { stored: 1, unchecked: 6 })
    assert.notProperty(Totals.summary(Totals.step(some, checked(4)), torrent), "unchecked")
  })

  it("count what was there and is not any more", () => {
    const error = new StorageError({ operation: "read", path: "/films/a", reason: "not found" })
    const lost = (piece: number): DownloadEvent => ({ _tag: "PieceLost", piece, error })
    const summary = Totals.summary([checked(10), lost(3), lost(4)].reduce(Totals.step, Totals.none), torrent)
    assert.deepInclude(summary, { stored: 10, lost: 2 })
  })
})
