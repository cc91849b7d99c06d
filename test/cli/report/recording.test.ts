/** What is read of a recording: as far as it goes, no more than there is room for, and nothing that cannot have happened. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stdio, Stream } from "effect"
import { reportHtml } from "../../../packages/cli/src/report/html.ts"
import { reportOf } from "../../../packages/cli/src/report/Report.ts"
import { mostPeers } from "../../../packages/cli/src/report/Roll.ts"
import { readRecording } from "../../../packages/cli/src/report/readRecording.ts"
import { waterfallSvg } from "../../../packages/cli/src/report/svg.ts"
import { lines, read, recorded } from "./lines.ts"

const bytes = new TextEncoder().encode(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`)
const begin = lines[0]!
const beginsAfter = JSON.stringify(begin).length

/** Of what comes on stdin, in chunks of so many bytes. */
const readAt = (bytes: Uint8Array, chunk: number) =>
  readRecording("-").pipe(
    Effect.provide(
      Stdio.layerTest({
        stdin: Stream.fromIterable(
          Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) => bytes.slice(at * chunk, (at + 1) * chunk)),
        ),
      }),
    ),
  )

const upTo = (most: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most }))

it.effect.prop(
  "cut anywhere behind its first line, and however it comes, it is drawn as far as it goes, and says so",
  [upTo(bytes.length - 1 - beginsAfter), upTo(200)],
  ([kept, chunk]) =>
    Effect.gen(function* () {
      const cut = bytes.slice(0, beginsAfter + kept)
      const { about, notes, survey, timeline } = yield* readAt(cut, chunk + 1)
      const last = cut.lastIndexOf(10)
      const isWhole = bytes[cut.length] === 10 || bytes[cut.length - 1] === 10
      const complete = new TextDecoder().decode(isWhole ? cut : cut.slice(0, last + 1))
      const peers = new Set([...complete.matchAll(/"Dialling","peer":"([^"]+)"/g)].map(([, peer]) => peer))
      assert.strictEqual(survey.size, peers.size)
      const isEnded = complete.includes('"exitCode"')
      assert.strictEqual(notes.length, isEnded ? 0 : 1)
      if (!isEnded) assert.match(notes[0]!, isWhole ? /^The recording has no end/ : /^The recording breaks off in line/)
      const report = reportOf(about, survey, timeline, notes)
      for (const note of notes) {
        assert.include(reportHtml(report), note)
        assert.include(waterfallSvg(report), note)
      }
    }),
)

it("of nobody, too", () => {
  const { about, survey, timeline } = recorded([begin, lines.at(-1)])
  const report = reportOf(about, survey, timeline)
  assert.include(reportHtml(report), "<p>Nobody was called.</p>")
  assert.include(waterfallSvg(report), ">Nobody was called.")
})

it("a line that is none has others behind it: refused", () => {
  assert.strictEqual(read([begin, '{"_tag":"Dia', lines[4]]), "line 2 is none that `probe --json` prints")
})

describe("what cannot have happened is refused", () => {
  const peer = "10.0.0.1:6881"
  const seen = { have: 4, connect: 1, elapsed: 2 }
  for (const [what, line] of [
    ["a negative time", { _tag: "Dialling", peer, at: -5000 }],
    ["a time that nobody counts", { _tag: "Dialling", peer, at: 1e300 }],
    ["a negative span", { _tag: "Passed", peer, seen: { ...seen, unchoke: -3 }, at: 5 }],
    ["a negative wait", { _tag: "Rejected", peer, error: { _tag: "ChokeTimeout", peer, seen, waited: -1 }, at: 5 }],
    ["fewer pieces than none", { _tag: "Passed", peer, seen: { ...seen, have: -1 }, at: 5 }],
    ["more pieces than there are", { _tag: "Partial", peer, seen: { ...seen, have: 41 }, at: 5 }],
    ["a piece that is none", { _tag: "Copies", copies: 0, lacking: 1, pieces: [40], stretches: [0], at: 5 }],
    ["less than no copies", { _tag: "Copies", copies: -1, lacking: 1, pieces: [], stretches: [0], at: 5 }],
    ["a second beginning", begin],
  ] as const) {
    it(what, () => assert.match(String(read([begin, line])), /^line 2 (?:makes no sense|begins another probe)$/))
  }
  for (const [what, changes] of [
    ["an info hash", { infoHash: "</code><script>1</script>" }],
    ["so many bytes", { bytes: -1 }],
    ["no pieces", { pieces: 0 }],
  ] as const) {
    it(`of a torrent with such ${what}`, () =>
      assert.strictEqual(read([{ ...begin, ...changes }]), "line 1 makes no sense"))
  }
})

const called = (at: number) => {
  const peer = `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}:6881`
  return [
    { _tag: "Dialling", peer, at },
    { _tag: "Passed", peer, seen: { have: 40, unchoke: 3, elapsed: 9 }, at: at + 9 },
  ]
}

it("of more peers than any probe calls the first are kept, and the others counted", () => {
  const more = 5
  const all = Array.from({ length: mostPeers + more }, (_, at) => called(at)).flat()
  const { about, notes, survey, timeline } = recorded([begin, ...all, lines.at(-1)])
  assert.strictEqual(survey.size, mostPeers)
  const report = reportOf(about, survey, timeline, notes)
  assert.match(
    notes.join("\n"),
    /^The recording tells of 10,005 peers\. These are the first 10,000 of them; of the others 5 /,
  )
  assert.strictEqual(reportHtml(report).split('<tr class="all"').length - 1, mostPeers)
  // A picture has room for fewer, and says so.
  const svg = waterfallSvg(report)
  assert.isBelow(Number(/height="(\d+)"/.exec(svg)![1]), 32_768)
  assert.include(svg, "Drawn are the best 1,750 of 10,000 peers; all of them are counted.")
})

it.effect("a line without an end is not waited for", () =>
  Effect.gen(function* () {
    const endless = Stream.forever(Stream.succeed(new Uint8Array(1 << 16).fill(97)))
    const error = yield* readRecording("-").pipe(Effect.provide(Stdio.layerTest({ stdin: endless })), Effect.flip)
    assert.match(error.message, /^cannot read the recording on stdin: it has a line that is longer than any/)
  }),
)
