/** What the views show: never more than fits, and nothing that a peer says as it says it. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { ChokeTimeout, ConnectFailed, Disconnected, type DownloadEvent } from "@unchoke/engine"
import { Duration, Schema } from "effect"
import * as DownloadProgress from "../../../packages/cli/src/render/DownloadProgress.ts"
import { coloured, plain } from "../../../packages/cli/src/render/style.ts"
import { Survey } from "../../../packages/cli/src/render/Survey.ts"
import { widthOf } from "../../../packages/cli/src/render/text.ts"
import * as Controls from "../../../packages/cli/src/view/Controls.ts"
import type { Key } from "../../../packages/cli/src/view/keys.ts"
import type { Frame, Look } from "../../../packages/cli/src/view/sheet.ts"
import { surveyFrame } from "../../../packages/cli/src/view/SurveyView.ts"
import { TransferView } from "../../../packages/cli/src/view/TransferView.ts"
import { peer, seen } from "../peers.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const pieces = 30
const content = Content.make({ name: "film\u001b[2J.mkv", files: pieces * 65_536, pieceLength: 65_536 })

const Client = Schema.Union([
  Schema.String.check(Schema.isMaxLength(40)),
  Schema.Literals([
    "qBittorrent/4.6.3",
    "映画 クライアント",
    "\u001b[31mred\u0007",
    "👩‍👩‍👧‍👦☀️☀️☀️☀️☀️☀️",
    "e\u0301e\u0301",
  ]),
])

const Happening = Schema.Struct({
  what: Schema.Literals([
    "Joined",
    "Standing",
    "Has",
    "Received",
    "Sent",
    "Left",
    "PieceStored",
    "PieceLost",
    "Copies",
    "Rejected",
    "WebSeedJoined",
    "WebSeedReceived",
  ]),
  nth: within(1, 40),
  amount: within(0, 20_000_000),
  standing: Schema.Literals(["idle", "parked", "supplying"]),
  serving: Schema.Boolean,
  client: Client,
})

const eventOf = ({ amount, client, nth, serving, standing, what }: typeof Happening.Type): DownloadEvent => {
  const who = peer(nth)
  const url = `https://user:secret@${nth}.example.org/film.mkv`
  switch (what) {
    case "Joined":
      return { _tag: what, peer: who, incoming: serving, seen: seen({ client, have: nth }) }
    case "Standing":
      return { _tag: what, peer: who, standing, serving }
    case "Has":
      return { _tag: what, peer: who, pieces: nth }
    case "Received":
    case "Sent":
      return { _tag: what, peer: who, bytes: amount }
    case "Left":
      return {
        _tag: what,
        peer: who,
        error: new Disconnected({ peer: who, seen: seen({}), phase: "download", reason: "closed" }),
      }
    case "Rejected":
      return { _tag: what, peer: who, error: new ConnectFailed({ peer: who, seen: seen({}), reason: "refused" }) }
    case "PieceStored":
      return { _tag: what, piece: nth % pieces, bytes: 65_536, stored: nth, pieces }
    case "PieceLost":
      return { _tag: "PieceCorrupt", piece: nth % pieces }
    case "Copies":
      return { _tag: what, copies: nth / 10, lacking: 1, pieces: [nth % pieces] }
    case "WebSeedJoined":
      return { _tag: what, url, ranges: true }
    case "WebSeedReceived":
      return { _tag: what, url, bytes: amount }
  }
}

const Said = Schema.Array(Schema.String.check(Schema.isMaxLength(200))).check(Schema.isMaxLength(5))
const Pressed = Schema.Array(
  Schema.Literals(["s", "S", "r", "down", "up", "page down", "page up", "end", "home", "other"]),
).check(Schema.isMaxLength(12))

const fits = ({ lines }: Frame, columns: number, rows: number) => {
  assert.isAtMost(lines.length, rows)
  for (const line of lines) {
    assert.isAtMost(widthOf(line), columns, JSON.stringify(line))
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(line.replaceAll(/\u001b\[\d+m/g, ""), /[\u0000-\u001f\u007f-\u009f]/)
  }
}

/** The frame after each key. */
const browse = (
  show: (look: Look) => Frame,
  keys: ReadonlyArray<Key>,
  look: Omit<Look, "controls">,
): ReadonlyArray<Frame> => {
  let controls = Controls.initial
  const frames = [show({ ...look, controls })]
  for (const key of keys) {
    controls = Controls.press(controls, key, frames.at(-1)!.room)
    frames.push(show({ ...look, controls }))
  }
  return frames
}

describe("the view of a download", () => {
  const task = { strategy: "swarm", seed: undefined } as const
  const seedTask = { strategy: undefined, seed: {} } as const

  it.prop(
    "fits every terminal, whatever happens and whatever is pressed, and is made of words that move no cursor",
    [
      Schema.Array(Happening).check(Schema.isMaxLength(60)),
      within(1, 150),
      within(1, 50),
      Pressed,
      Said,
      Schema.Boolean,
      Schema.Boolean,
    ],
    ([happenings, columns, rows, keys, said, colours, seeds]) => {
      const view = new TransferView(content.torrent)
      let progress = DownloadProgress.initial(content.torrent, seeds ? seedTask : task)
      const see = (event: DownloadEvent, now: number) => {
        progress = DownloadProgress.step(progress, event, now)
        view.see(event, now, true)
      }
      see({ _tag: "Checking", checked: pieces, present: 3, bytes: 3 * 65_536, pieces, runs: [[2, 3]] }, 0)
      for (const [nth, happening] of happenings.entries()) see(eventOf(happening), nth * 300)
      const now = happenings.length * 300
      const look = { now, size: { columns, rows }, said: said.map(harmless), style: colours ? coloured : plain }
      for (const frame of browse((look) => view.frame(progress, look), keys, look)) {
        fits(frame, columns, rows)
        assert.strictEqual(frame.lines.length, rows)
        // Somebody may want to go.
        assert.include(frame.lines.at(-1), "q")
      }
    },
  )

  it.prop(
    "tells how many there are where not all are shown, on the smallest terminal that is promised and on any larger one",
    [within(1, 250), within(40, 150), within(12, 50), Schema.Boolean],
    ([peers, columns, rows, seeds]) => {
      const view = new TransferView(content.torrent)
      let progress = DownloadProgress.initial(content.torrent, seeds ? seedTask : task)
      const see = (event: DownloadEvent) => {
        progress = DownloadProgress.step(progress, event, 0)
        view.see(event, 0, true)
      }
      see({ _tag: "Checking", checked: pieces, present: 3, bytes: 3 * 65_536, pieces })
      for (let nth = 1; nth <= peers; nth++) see({ _tag: "Joined", peer: peer(nth), incoming: true, seen: seen({}) })
      const look = { now: 0, size: { columns, rows }, controls: Controls.initial, said: [], style: plain }
      const { lines } = view.frame(progress, look)
      const shown = lines.filter((line) => /^10\.\d+\.\d+\.\d+:/.test(line)).length
      assert.isAtLeast(shown, 1)
      if (shown < peers) assert.isTrue(lines.some((line) => line.includes(`1–${shown} of ${peers}`)))
    },
  )

  it("shows of each peer what it is and does, in one line or in two, and those who give most first", () => {
    const view = new TransferView(content.torrent)
    let progress = DownloadProgress.initial(content.torrent, task)
    const events: ReadonlyArray<readonly [number, DownloadEvent]> = [
      [0, { _tag: "Checking", checked: pieces, present: 3, bytes: 3 * 65_536, pieces, runs: [[2, 3]] }],
      [0, { _tag: "Joined", peer: peer(1), incoming: false, seen: seen({ client: "Transmission 4.0.5" }) }],
      [0, { _tag: "Joined", peer: peer(2), incoming: true, seen: seen({ client: "qBittorrent/4.6.3" }) }],
      [0, { _tag: "Standing", peer: peer(1), standing: "parked", serving: false }],
      [0, { _tag: "Standing", peer: peer(2), standing: "parked", serving: true }],
      [1500, { _tag: "Standing", peer: peer(2), standing: "supplying", serving: true }],
      [2000, { _tag: "Has", peer: peer(2), pieces: 15 }],
      [9000, { _tag: "Received", peer: peer(2), bytes: 5 * 1024 * 1024 }],
      [9000, { _tag: "Sent", peer: peer(2), bytes: 50 * 1024 }],
    ]
    for (const [now, event] of events) {
      progress = DownloadProgress.step(progress, event, now)
      view.see(event, now, true)
    }
    const at = (columns: number, rows: number) =>
      view.frame(progress, {
        now: 10_000,
        size: { columns, rows },
        controls: Controls.initial,
        said: [],
        style: plain,
      }).lines
    const wide = at(120, 40).filter((line) => line.startsWith("10.0.0."))
    assert.match(wide[0]!, /^10\.0\.0\.2:\d+ +qBittorrent\/4\.6\.3 +gives, takes +50 % +1 MiB\/s +10 KiB\/s +1\.5 s$/)
    assert.match(wide[1]!, /^10\.0\.0\.1:\d+ +Transmission 4\.0\.5 +chokes +– +– +– +10 s$/)
    const narrow = at(40, 12)
    const first = narrow.findIndex((line) => line.startsWith("10.0.0.2"))
    assert.match(narrow[first]!, /gives +1 MiB\/s$/)
    assert.match(narrow[first + 1]!, /^ {2}qBittorrent.* 50 % +10 KiB\/s +1\.5 s$/)
    // Three of thirty pieces, from the third on.
    assert.include(at(30, 24), "··███·························")
  })
})

describe("the view of a seed", () => {
  it.prop(
    "shows at any width whom it gives how much, who gets most first, and nothing that a seed has not",
    [within(40, 150), within(12, 50), within(1, 4)],
    ([columns, rows, most]) => {
      const view = new TransferView(content.torrent)
      let progress = DownloadProgress.initial(content.torrent, { strategy: undefined, seed: {} })
      const events: ReadonlyArray<readonly [number, DownloadEvent]> = [
        [
          0,
          { _tag: "Checking", checked: pieces, present: pieces, bytes: pieces * 65_536, pieces, runs: [[0, pieces]] },
        ],
        ...[1, 2, 3, 4].map(
          (nth) =>
            [
              0,
              { _tag: "Joined", peer: peer(nth), incoming: true, seen: seen({ client: "qBittorrent/4.6.3" }) },
            ] as const,
        ),
        [0, { _tag: "Standing", peer: peer(most), standing: "idle", serving: true }],
        // It has told of nothing: hardly anybody tells a seed.
        [9000, { _tag: "Sent", peer: peer(most), bytes: 15 * 65_536 + 1000 }],
      ]
      for (const [now, event] of events) {
        progress = DownloadProgress.step(progress, event, now)
        view.see(event, now, true)
      }
      const look = { now: 10_000, size: { columns, rows }, controls: Controls.initial, said: [], style: plain }
      const { lines } = view.frame(progress, look)
      const first = lines.findIndex((line) => line.startsWith("10.0.0."))
      assert.match(lines[first]!, new RegExp(`^10\\.0\\.0\\.${most}:.* takes .*192 KiB/s$`))
      assert.match(`${lines[first]} ${lines[first + 1]}`, /qBit.*50 %/)
      assert.notMatch(lines.join("\n"), /DOWN|UNCHOKE|█ all|↓ [▁\d]|^[█·]{8,}$/m)
    },
  )
})

describe("the view of a probe", () => {
  const Answer = Schema.Struct({
    nth: within(1, 60),
    what: Schema.Literals(["Dialling", "Connected", "Parked", "Passed", "Rejected", "ChokeTimeout"]),
    client: Client,
    took: within(0, 100_000),
  })

  it.prop(
    "fits every terminal, whoever answers what",
    [Schema.Array(Answer).check(Schema.isMaxLength(60)), within(1, 150), within(1, 50), Pressed, Said],
    ([answers, columns, rows, keys, said]) => {
      const survey = new Survey()
      for (const { client, nth, took, what } of answers) {
        const who = peer(nth)
        const known = seen({ client, have: nth % (pieces + 1), unchoke: took })
        switch (what) {
          case "Dialling":
          case "Connected":
            survey.see({ _tag: what, peer: who })
            break
          case "Parked":
          case "Passed":
            survey.see({ _tag: what, peer: who, seen: known })
            break
          case "Rejected":
            survey.see({
              _tag: what,
              peer: who,
              error: new ConnectFailed({ peer: who, seen: seen({}), reason: "timed out" }),
            })
            break
          case "ChokeTimeout":
            survey.see({
              _tag: "Rejected",
              peer: who,
              error: new ChokeTimeout({ peer: who, seen: known, waited: Duration.millis(took) }),
            })
        }
      }
      survey.see({ _tag: "Copies", copies: 1, lacking: 0, pieces: [], stretches: [0, 1, 2, 3] })
      const look = { now: 0, size: { columns, rows }, said: said.map(harmless), style: coloured }
      for (const frame of browse((look) => surveyFrame(survey, content.torrent, look), keys, look)) {
        fits(frame, columns, rows)
      }
    },
  )
})

/** As what is said comes to a view. */
const harmless = (text: string) =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?")
