import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Duration, Effect, Schema } from "effect"
import { ConnectFailed, CorruptPiece, Disconnected, type DownloadEvent, WebSeedFailed } from "@unchoke/engine"
import { downloadLine } from "../../packages/cli/src/render/downloadLine.ts"
import { downloadNotes } from "../../packages/cli/src/render/downloadNotes.ts"
import { beginning, ending, stopped } from "../../packages/cli/src/render/downloadSentences.ts"
import * as DownloadProgress from "../../packages/cli/src/render/DownloadProgress.ts"
import { plain } from "../../packages/cli/src/render/style.ts"
import { widthOf } from "../../packages/cli/src/render/text.ts"
import { peer, seen } from "./peers.ts"
import { afterAll, lineOf, reportOf } from "./after.ts"

const mebi = 1024 * 1024
/** 10 pieces, the last one half as long. */
const content = Content.make({ name: "film.mkv", files: 9.5 * 65_536, pieceLength: 65_536 })
const task = { strategy: "race", seed: undefined } as const
const start = DownloadProgress.initial(content.torrent, task)

const checked: DownloadEvent = { _tag: "Checking", checked: 10, present: 0, bytes: 0, pieces: 10 }
const refused = (last: number): DownloadEvent => ({
  _tag: "Rejected",
  peer: peer(last),
  error: new ConnectFailed({ peer: peer(last), seen: seen({}), reason: "refused" }),
})
const opened = (last: number, client?: string): DownloadEvent => ({
  _tag: "Joined",
  peer: peer(last),
  incoming: false,
  seen: seen(client === undefined ? {} : { client }),
})
const received = (last: number, bytes: number): DownloadEvent => ({ _tag: "Received", peer: peer(last), bytes })
const stored = (piece: number, stored: number): DownloadEvent => ({
  _tag: "PieceStored",
  piece,
  bytes: piece === 9 ? 32_768 : 65_536,
  stored,
  pieces: 10,
})
const lost = (last: number): DownloadEvent => ({
  _tag: "Left",
  peer: peer(last),
  error: new Disconnected({ peer: peer(last), seen: seen({}), phase: "download", reason: "closed" }),
})

const after = (...events: ReadonlyArray<DownloadEvent>) => afterAll(start, events)

describe("the line of a race", () => {
  it("checks, looks, fetches", () => {
    const checking = after({ _tag: "Checking", checked: 5, present: 2, bytes: 2 * 65_536, pieces: 10 })
    assert.strictEqual(reportOf(checking), "Checking what is there: 5 of 10 pieces, 50.0 %")
    assert.strictEqual(lineOf(checking, 80), "━━━━━━━━━━━━━━──────────────  Checking  50.0 %   5 of 10 pieces")

    assert.strictEqual(reportOf(after(checked)), "Looking for peers")
    const looking = after(
      checked,
      refused(1),
      refused(2),
      { _tag: "Dialling", peer: peer(3) },
      { _tag: "Dialling", peer: peer(4) },
      { _tag: "Connected", peer: peer(4) },
      { _tag: "Dialling", peer: peer(5) },
      { _tag: "Parked", peer: peer(5), seen: seen({}) },
    )
    assert.strictEqual(
      reportOf(looking),
      "Looking for a peer: 1 dialling, 1 shaking hands, 1 waiting to be unchoked; 2 rejected: 2 refused the connection",
    )

    const fetching = after(checked, opened(1, "Transmission 3.00"), received(1, 311_296))
    assert.strictEqual(
      reportOf(fetching),
      "50.0 % of 608 KiB, 2.97 MiB/s, 1 s left, from 10.0.0.1:6881 (Transmission 3.00)",
    )
    const at = (columns: number) => lineOf(fetching, columns).trim()
    const from = "from 10.0.0.1:6881"
    assert.strictEqual(
      at(120),
      `━━━━━━━━━━━━╸────────────   50.0 % of 608 KiB  2.97 MiB/s       1 s left  ${from} (Transmission 3.00)`,
    )
    assert.strictEqual(at(97), `50.0 % of 608 KiB  2.97 MiB/s       1 s left  ${from} (Transmission 3.00)`)
    // Of an address, and of any word, all is said or nothing.
    assert.strictEqual(at(77), `50.0 % of 608 KiB  2.97 MiB/s       1 s left  ${from}`)
    assert.strictEqual(at(62), `50.0 %  2.97 MiB/s       1 s left  ${from}`)
    assert.strictEqual(at(57), "50.0 %  2.97 MiB/s       1 s left  from 1 peer")
    assert.strictEqual(at(37), "50.0 %  2.97 MiB/s       1 s left")
    assert.strictEqual(at(20), "50.0 %  1 s left")
  })

  it("says who choked us, and counts several", () => {
    const choked = after(checked, opened(1), { _tag: "Standing", peer: peer(1), standing: "parked", serving: false })
    assert.include(reportOf(choked), "choked by 10.0.0.1:6881")
    const unchoked = after(
      checked,
      opened(1),
      { _tag: "Standing", peer: peer(1), standing: "parked", serving: false },
      { _tag: "Standing", peer: peer(1), standing: "supplying", serving: false },
    )
    assert.include(reportOf(unchoked), "from 10.0.0.1:6881")
    assert.include(reportOf(after(checked, opened(1), opened(2))), "from 2 peers")
  })

  it("looks for the next peer with what is there", () => {
    const next = after(checked, opened(1), received(1, 65_536), stored(0, 1), lost(1))
    assert.strictEqual(reportOf(next), "10.5 % of 608 KiB are there. Looking for peers")
  })

  it("takes back what turned out to be corrupt", () => {
    const before = after(checked, opened(1), received(1, 131_072)).progress
    assert.strictEqual(DownloadProgress.arrived(before), 131_072)
    const corrupt = DownloadProgress.step(before, { _tag: "PieceCorrupt", piece: 0 }, 0)
    assert.strictEqual(DownloadProgress.arrived(corrupt), 65_536)
  })

  it("has no rate when nothing came for a while", () => {
    const { progress } = after(checked, opened(1), received(1, 65_536))
    assert.isAbove(DownloadProgress.rateDown(progress, 300), 0)
    assert.strictEqual(DownloadProgress.rateDown(progress, 10_000), 0)
    assert.isUndefined(DownloadProgress.timeLeft(progress, 10_000))
  })

  it.effect.prop(
    "fits every terminal, whatever happened",
    [
      Schema.Array(
        Schema.Struct({
          kind: Schema.Literals([0, 1, 2, 3, 4, 5]),
          last: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })),
          bytes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10 * mebi })),
          client: Schema.String,
        }),
      ),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })),
    ],
    ([happenings, columns]) =>
      Effect.sync(() => {
        const events = happenings.map(({ bytes, client, kind, last }) =>
          [refused(last), opened(last, client), received(last, bytes), stored(3, 1), lost(last), checked].at(kind)!,
        )
        const { now, progress } = after(...events)
        const line = downloadLine(progress, now, columns, plain)
        assert.isAtMost(widthOf(line), columns)
        assert.notInclude(line, "\n")
        assert.isAtLeast(DownloadProgress.arrived(progress), 0)
        assert.isAtMost(DownloadProgress.arrived(progress), content.data.length)
      }),
  )
})

describe("the notes of a race", () => {
  it("begin with what and where", () => {
    assert.strictEqual(
      beginning(content.torrent, "/tmp/films", plain),
      "Downloading film.mkv (608 KiB in 10 pieces) into /tmp/films",
    )
  })

  it("name what was there, sources, links and losses; each rejection once", () => {
    const { notes } = after(
      { _tag: "Checking", checked: 10, present: 4, bytes: 4 * 65_536, pieces: 10 },
      { _tag: "SourceAnswered", asked: { source: "--peer", origin: "you", answer: { peers: 2 } }, fresh: 2 },
      {
        _tag: "SourceAnswered",
        asked: { source: "http://t/announce", origin: "tracker", answer: { peers: 50 } },
        fresh: 48,
      },
      {
        _tag: "SourceAnswered",
        asked: { source: "udp://u\u001b[2J", origin: "tracker", answer: { error: "refused: \u001bgo" } },
        fresh: 0,
      },
      refused(1),
      opened(2, "Evil\u001b[2J 1.0"),
      { _tag: "PieceCorrupt", piece: 17 },
      {
        _tag: "Left",
        peer: peer(2),
        error: new CorruptPiece({ peer: peer(2), seen: seen({}), piece: 17 }),
      },
      refused(3),
      opened(4),
      { _tag: "OutOfReach", peers: 1, pause: Duration.seconds(4) },
    )
    assert.deepStrictEqual(notes, [
      "256 KiB of 608 KiB are there already.",
      "http://t/announce names 50 peers, 48 of them new",
      "No peers from udp://u�[2J: refused: �go",
      "Downloading from 10.0.0.2:6881 (Evil�[2J 1.0); 1 rejected: 1 refused the connection",
      "Corrupt piece 17: thrown away, it will be fetched again.",
      "Lost 10.0.0.2:6881: sent a corrupt piece (17).",
      "Downloading from 10.0.0.4:6881; 1 rejected: 1 refused the connection",
      "Waiting for 1 peer that cannot be reached now: again in 4 s.",
    ])
  })

  it("say of a peer that hangs up again and again that it does, once; the last sentence counts", () => {
    const call = [opened(2, "Moody 1.0"), received(2, 16_384), lost(2)]
    const { notes, progress } = after(checked, ...call, ...call, ...call, ...call, refused(3), ...call, opened(4))
    const pair = ["Downloading from 10.0.0.2:6881 (Moody 1.0)", "Lost 10.0.0.2:6881: hung up during the download."]
    assert.deepStrictEqual(notes, [
      ...pair,
      ...pair,
      pair[0],
      `${pair[1]} For the third time: it is called again each time, and no more is said of that.`,
      "Downloading from 10.0.0.4:6881; 1 rejected: 1 refused the connection",
    ])
    const counted = " 10.0.0.2:6881 (Moody 1.0) was lost 5 times."
    assert.isTrue(stopped(progress, 0).endsWith(counted))
    assert.isTrue(ending({ progress, path: "film.mkv", took: 1000 }, plain).endsWith(counted))
    const corrupt = new CorruptPiece({ peer: peer(2), seen: seen({}), piece: 1 })
    assert.lengthOf(downloadNotes({ _tag: "Left", peer: peer(2), error: corrupt }, progress, plain), 1)
  })

  it("tell of a web seed's pause three times, and again when it is another one", () => {
    const url = "http://a/"
    const pause = (seconds: number, reason: WebSeedFailed["reason"]): DownloadEvent => ({
      _tag: "WebSeedPaused",
      error: new WebSeedFailed({ url, reason }),
      pause: Duration.seconds(seconds),
    })
    const cut = (got: number) => pause(1, { _tag: "CutShort", wanted: 65_536, got })
    const busy = pause(90, { _tag: "HttpStatus", status: 503, reason: "", retryAfter: Duration.seconds(90) })
    const said = (got: number) => `Waiting for the web seed ${url}: its answer broke off after ${got} of 65536 bytes.`
    assert.deepStrictEqual(after(cut(1), cut(2), cut(3), cut(4), cut(5), busy, cut(6)).notes, [
      `${said(1)} We ask it again in 1 s.`,
      `${said(2)} We ask it again in 1 s.`,
      `${said(3)} We ask it again in 1 s. For the third time: no more is said of that.`,
      `Waiting for the web seed ${url}: answered with 503 Service Unavailable, and wants to be asked again in 1m 30s. We ask it again in 1 min 30 s.`,
      `${said(6)} We ask it again in 1 s.`,
    ])
  })

  it("name what a tracker may not send us to, and names that lead nowhere; found ones are nobody's news", () => {
    const { notes } = after(
      {
        _tag: "SourceAnswered",
        asked: { source: "http://t/a", origin: "tracker", answer: { peers: 3, withheld: 1200 } },
        fresh: 3,
      },
      {
        _tag: "SourceAnswered",
        asked: { source: "--peer a.example:1", origin: "you", answer: { peers: 2 } },
        fresh: 2,
      },
      {
        _tag: "SourceAnswered",
        asked: { source: "--peer b.example:1", origin: "you", answer: { error: "not known" } },
        fresh: 0,
      },
    )
    assert.deepStrictEqual(notes, [
      "http://t/a names 3 peers; 1,200 more in our own network are not called",
      "No peers from --peer b.example:1: not known",
    ])
  })

  it("end with where it is, how much, how fast in all and from whom", () => {
    const { progress } = after(
      checked,
      opened(1, "A 1"),
      received(1, 1000),
      lost(1),
      opened(2),
      lost(2),
      opened(3, "C 3"),
      received(3, 900),
    )
    const done = DownloadProgress.step(progress, { _tag: "Done", pieces: 10, bytes: content.data.length }, 2100)
    assert.strictEqual(
      ending({ progress: done, path: "films/film.mkv", took: 10_000 }, plain),
      "Done. films/film.mkv is complete: 608 KiB in 10 s, 60.8 KiB/s, from 10.0.0.1:6881 (A 1), 10.0.0.3:6881 (C 3).",
    )
  })

  it("never say that all is there when it is not", () => {
    const pieceLength = 262_144
    const { torrent } = Content.make({ files: 8 * pieceLength, pieceLength })
    const large = { ...torrent, geometry: { ...torrent.geometry, length: 800 * pieceLength, pieces: 800 } }
    const checking: DownloadEvent = {
      _tag: "Checking",
      checked: 800,
      present: 799,
      bytes: 799 * pieceLength,
      pieces: 800,
    }
    const before = DownloadProgress.initial(large, task)
    assert.deepStrictEqual(downloadNotes(checking, before, plain), ["199 MiB of 200 MiB are there already."])
    assert.include(stopped(DownloadProgress.step(before, checking, 0), 0), "Stopped with 199 MiB of 200 MiB verified")
    // What is there is not known before it was looked at.
    const half: DownloadEvent = { ...checking, checked: 400, present: 0, bytes: 0 }
    for (const progress of [before, DownloadProgress.step(before, half, 0)]) {
      assert.strictEqual(
        stopped(progress, 0),
        "Stopped before all that is there was looked at; the same command goes on from there.",
      )
    }
  })

  it("end otherwise when there was nothing to do, or not much", () => {
    const there = after({ _tag: "Checking", checked: 10, present: 10, bytes: content.data.length, pieces: 10 }).progress
    assert.strictEqual(
      ending({ progress: there, path: "film.mkv", took: 0 }, plain),
      "film.mkv is complete: all 608 KiB were there and are right.",
    )
    const half = after({ _tag: "Checking", checked: 10, present: 5, bytes: 5 * 65_536, pieces: 10 }, opened(1)).progress
    assert.include(ending({ progress: half, path: "film.mkv", took: 1000 }, plain), "the missing 288 KiB in 1.0 s")
    assert.include(
      ending({ progress: half, path: "film.mkv", took: 23.4 }, plain),
      "the missing 288 KiB in 23 ms, 12 MiB/s",
    )
    assert.strictEqual(
      stopped(half, 0),
      "Stopped with 320 KiB of 608 KiB verified; the same command goes on from there.",
    )
  })
})
