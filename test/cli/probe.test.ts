import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Duration, Effect, Schema } from "effect"
import {
  ChokeTimeout,
  ConnectFailed,
  Disconnected,
  HandshakeFailed,
  IncompletePeer,
  type ProbeError,
  ProtocolViolation,
  type SurveyEvent,
} from "@unchoke/engine"
import { probeTable } from "../../packages/cli/src/render/probeTable.ts"
import { coloured, plain } from "../../packages/cli/src/render/style.ts"
import { supply, Survey, surveyLine, tally } from "../../packages/cli/src/render/Survey.ts"
import { type Column, table } from "../../packages/cli/src/render/table.ts"
import { widthOf } from "../../packages/cli/src/render/text.ts"
import { peer, seen } from "./peers.ts"

const { torrent } = Content.make({ files: 200 * 16_384, pieceLength: 16_384 })

const rejected = (error: ProbeError): SurveyEvent => ({ _tag: "Rejected", peer: error.peer, error })

/** One peer of every kind, the worst first. */
const everyone: ReadonlyArray<SurveyEvent> = [
  rejected(new ConnectFailed({ peer: peer(1), seen: seen({ elapsed: 5000 }), reason: "timed out" })),
  rejected(new ConnectFailed({ peer: peer(2), seen: seen({ elapsed: 3 }), reason: "refused" })),
  rejected(new HandshakeFailed({ peer: peer(3), seen: seen({ connect: 40, elapsed: 80 }), reason: "closed" })),
  rejected(
    new Disconnected({
      peer: peer(4),
      seen: seen({ connect: 30, handshake: 31 }),
      phase: "bitfield",
      reason: "closed",
    }),
  ),
  rejected(
    new IncompletePeer({
      peer: peer(5),
      seen: seen({ client: "libtorrent 2.0.8", have: 1, connect: 20, handshake: 30 }),
      have: 1,
      want: 200,
    }),
  ),
  rejected(
    new IncompletePeer({
      peer: peer(6),
      seen: seen({ client: "Transmission 3.00", have: 199, connect: 20, handshake: 30 }),
      have: 199,
      want: 200,
    }),
  ),
  rejected(
    new ChokeTimeout({
      peer: peer(7),
      seen: seen({ client: "qBittorrent 4.6.5", have: 200, connect: 20, handshake: 1250 }),
      waited: Duration.seconds(45),
    }),
  ),
  rejected(
    new ProtocolViolation({
      peer: peer(8),
      seen: seen({ client: "\u001b[31mEvil", have: 200, connect: 2, handshake: 4, elapsed: 101 }),
      phase: "unchoke",
      rule: "flood",
      detail: "",
    }),
  ),
  {
    _tag: "Passed",
    peer: peer(9),
    seen: seen({ client: "Slow 1", have: 200, connect: 9, handshake: 20, unchoke: 12_400 }),
  },
  {
    _tag: "Passed",
    peer: peer(10),
    seen: seen({ client: "Fast 1", have: 200, connect: 9, handshake: 20, unchoke: 7 }),
  },
]

const surveyOf = (events: ReadonlyArray<SurveyEvent>) => {
  const survey = new Survey()
  for (const event of events) survey.see(event)
  return survey
}

describe("the table of a probe", () => {
  it("ranks those who would give the file by their unchoke, the others by how far they got", () => {
    assert.deepStrictEqual(probeTable(surveyOf(everyone), torrent, plain), [
      "PEER            CLIENT               HAS  CONNECT  HANDSHAKE  UNCHOKE  VERDICT",
      "10.0.0.10:6881  Fast 1             100 %     9 ms      20 ms     7 ms  would give us the file",
      "10.0.0.9:6881   Slow 1             100 %     9 ms      20 ms     12 s  would give us the file",
      "10.0.0.7:6881   qBittorrent 4.6.5  100 %    20 ms      1.3 s        –  never unchoked us",
      "10.0.0.8:6881   �[31mEvil          100 %     2 ms       4 ms        –  broke the protocol",
      "10.0.0.6:6881   Transmission 3.00   99 %    20 ms      30 ms        –  had only part of the file",
      "10.0.0.5:6881   libtorrent 2.0.8    <1 %    20 ms      30 ms        –  had only part of the file",
      "10.0.0.4:6881                          –    30 ms      31 ms        –  hung up after the handshake",
      "10.0.0.3:6881                          –    40 ms          –        –  closed during the handshake",
      "10.0.0.2:6881                          –        –          –        –  refused the connection",
      "10.0.0.1:6881                          –        –          –        –  timed out connecting",
      "",
      "10 peers: 2 would give us the file, 1 never unchoked us, 1 broke the protocol, 2 had only part of the file, " +
        "1 hung up after the handshake, 1 closed during the handshake, 1 refused the connection, 1 timed out connecting.",
    ])
  })

  it("gives up the client's name, then times, and only then verdicts, to fit a terminal", () => {
    const widths = [120, 94, 90, 80, 70]
    const heads = widths.map((width) => {
      const lines = probeTable(surveyOf(everyone), torrent, plain, width)
      for (const line of lines.slice(0, -2)) assert.isAtMost(widthOf(line), width, line)
      return lines[0]
    })
    assert.deepStrictEqual(heads, [
      "PEER            CLIENT               HAS  CONNECT  HANDSHAKE  UNCHOKE  VERDICT",
      "PEER            CLIENT           HAS  CONNECT  HANDSHAKE  UNCHOKE  VERDICT",
      "PEER            CLIENT               HAS  CONNECT  UNCHOKE  VERDICT",
      "PEER            CLIENT        HAS  CONNECT  UNCHOKE  VERDICT",
      "PEER            CLIENT        HAS  UNCHOKE  VERDICT",
    ])
  })

  /** Who has named whom: some of them are named by two. */
  const named: ReadonlyArray<SurveyEvent> = [
    { _tag: "Named", origin: "tracker", peers: [1, 2, 3, 4, 5, 6, 7, 20].map(peer) },
    { _tag: "Named", origin: "pex", peers: [7, 8, 9].map(peer) },
    { _tag: "Named", origin: "you", peers: [peer(10)] },
    { _tag: "Named", origin: "pex", peers: [peer(10)] },
  ]

  it("says who has named each of them, and what each source was worth", () => {
    const lines = probeTable(surveyOf([...named, ...everyone]), torrent, plain)
    assert.deepStrictEqual(
      [...lines.slice(0, 4), lines[10]],
      [
        "PEER            FROM          CLIENT               HAS  CONNECT  HANDSHAKE  UNCHOKE  VERDICT",
        "10.0.0.10:6881  you, pex      Fast 1             100 %     9 ms      20 ms     7 ms  would give us the file",
        "10.0.0.9:6881   pex           Slow 1             100 %     9 ms      20 ms     12 s  would give us the file",
        "10.0.0.7:6881   tracker, pex  qBittorrent 4.6.5  100 %    20 ms      1.3 s        –  never unchoked us",
        "10.0.0.1:6881   tracker                              –        –          –        –  timed out connecting",
      ],
    )
    assert.deepStrictEqual(lines.slice(11, 16), [
      "",
      "FROM     PEERS  EXIST  GIVE",
      "you          1      1     1",
      "tracker      8      5     0",
      "pex          4      4     2",
    ])
    assert.deepStrictEqual(surveyOf([...named, ...everyone]).worth, [
      { from: "you", peers: 1, exist: 1, give: 1 },
      { from: "tracker", peers: 8, exist: 5, give: 0 },
      { from: "pex", peers: 4, exist: 4, give: 2 },
    ])
  })

  it("says no more than that where one source has named them all", () => {
    const all: SurveyEvent = { _tag: "Named", origin: "dht", peers: everyone.map((_, i) => peer(i + 1)) }
    const lines = probeTable(surveyOf([all, ...everyone]), torrent, plain)
    assert.isFalse(lines.some((line) => line.includes("EXIST")))
    assert.strictEqual(lines.filter((line) => line.includes("  dht  ")).length, everyone.length)
  })

  it.prop(
    "says of every column that is left out where it is to be seen",
    [Schema.Int.check(Schema.isBetween({ minimum: 20, maximum: 130 }))],
    ([width]) => {
      const wide = probeTable(surveyOf(everyone), torrent, plain)
      const lines = probeTable(surveyOf(everyone), torrent, plain, width)
      const note = lines.find((line) => line.includes("--json")) ?? ""
      for (const time of ["CONNECT", "HANDSHAKE"]) {
        assert.include(wide[0], time)
        assert.isTrue(lines[0]!.includes(time) !== note.includes(time), `${time} at ${width}`)
      }
    },
  )

  it("keeps who has named them in 80 columns, and says it below where there is no room", () => {
    for (const [width, head] of [
      [120, "PEER            FROM          CLIENT               HAS  CONNECT  HANDSHAKE  UNCHOKE  VERDICT"],
      [80, "PEER            FROM      CLIENT        HAS  UNCHOKE  VERDICT"],
      [70, "PEER            FROM      CLIENT         HAS  VERDICT"],
    ] as const) {
      const lines = probeTable(surveyOf([...named, ...everyone]), torrent, plain, width)
      assert.strictEqual(lines[0], head)
      for (const line of lines.slice(0, -2)) assert.isAtMost(widthOf(line), width, line)
    }
    assert.deepStrictEqual(probeTable(surveyOf([...named, ...everyone]), torrent, plain, 40).slice(0, 2), [
      "10.0.0.10:6881",
      "  would give us the file (from you, pex, Fast 1, has 100 %, unchoked us after 7 ms)",
    ])
  })

  it("says it below each peer where there is no room for columns", () => {
    for (const width of [60, 40, 20, 10, 1]) {
      const lines = probeTable(surveyOf(everyone), torrent, plain, width)
      assert.deepStrictEqual(lines.slice(0, 4), [
        "10.0.0.10:6881",
        "  would give us the file (Fast 1, has 100 %, unchoked us after 7 ms)",
        "10.0.0.9:6881",
        "  would give us the file (Slow 1, has 100 %, unchoked us after 12 s)",
      ])
    }
  })

  it("shows what is known when it is stopped", () => {
    const survey = surveyOf([
      { _tag: "Dialling", peer: peer(1) },
      { _tag: "Dialling", peer: peer(2) },
      { _tag: "Connected", peer: peer(2) },
      { _tag: "Dialling", peer: peer(3) },
      { _tag: "Connected", peer: peer(3) },
      { _tag: "Parked", peer: peer(3), seen: seen({ client: "A 1", have: 200, connect: 5, handshake: 6 }) },
    ])
    assert.deepStrictEqual(probeTable(survey, torrent, plain).slice(1), [
      "10.0.0.3:6881  A 1     100 %     5 ms       6 ms        –  still waiting to be unchoked",
      "10.0.0.2:6881              –        –          –        –  still shaking hands",
      "10.0.0.1:6881              –        –          –        –  still dialling",
      "",
      "3 peers: 1 still waiting to be unchoked, 1 still shaking hands, 1 still dialling.",
    ])
    assert.strictEqual(
      surveyLine(survey),
      "Probing 3 peers: 1 still waiting to be unchoked, 1 still shaking hands, 1 still dialling",
    )
    assert.strictEqual(surveyLine(new Survey()), "Looking for peers")
  })

  it("counts a peer once, as what it was last", () => {
    const survey = surveyOf([{ _tag: "Dialling", peer: peer(2) }, everyone[1]!])
    assert.strictEqual(tally(survey), "1 peer: 1 refused the connection")
    assert.strictEqual(survey.passed, 0)
    assert.deepStrictEqual(
      survey.rejections.map(({ _tag }) => _tag),
      ["ConnectFailed"],
    )
  })

  it("is coloured where it matters, and no wider for it", () => {
    const inColour = probeTable(surveyOf(everyone), torrent, coloured)
    const without = probeTable(surveyOf(everyone), torrent, plain)
    assert.include(inColour[1], "\u001b[32mwould give us the file\u001b[39m")
    assert.deepStrictEqual(
      inColour.map((line) => widthOf(line.trimEnd())).slice(1),
      without.map((line) => widthOf(line)).slice(1),
    )
  })
})

/** A peer that has so many pieces, and gives them or keeps them. */
const gives = (last: number, have: number): SurveyEvent => ({
  _tag: "Partial",
  peer: peer(last),
  seen: seen({ client: "A 1", have, connect: 5, handshake: 6, unchoke: 7 }),
})
const keeps = (last: number, have: number): SurveyEvent =>
  rejected(new ChokeTimeout({ peer: peer(last), seen: seen({ have }), waited: Duration.seconds(45) }))
const copies = (copies: number, lacking: number): SurveyEvent => ({
  _tag: "Copies",
  copies,
  lacking,
  pieces: [],
  stretches: [],
})

describe("those who would give a part", () => {
  it("stand behind those who would give everything, the most first", () => {
    const survey = surveyOf([
      gives(1, 74),
      keeps(3, 200),
      gives(2, 199),
      gives(4, 1),
      everyone.at(-1)!,
      copies(2.37, 0),
    ])
    assert.deepStrictEqual(probeTable(survey, torrent, plain).slice(1), [
      "10.0.0.10:6881  Fast 1  100 %     9 ms      20 ms     7 ms  would give us the file",
      "10.0.0.2:6881   A 1      99 %     5 ms       6 ms     7 ms  would give us 99 %",
      "10.0.0.1:6881   A 1      37 %     5 ms       6 ms     7 ms  would give us 37 %",
      "10.0.0.4:6881   A 1      <1 %     5 ms       6 ms     7 ms  would give us <1 %",
      "10.0.0.3:6881           100 %        –          –        –  never unchoked us",
      "",
      "5 peers: 1 would give us the file, 3 would give us a part, 1 never unchoked us.",
      "The 5 peers that were reached have 2.37 copies between them: enough to have all of it.",
    ])
  })

  it("are enough together or not; what is with nobody is counted", () => {
    const { pieces } = torrent.geometry
    const few = surveyOf([gives(3, 100), gives(2, 60), everyone[0]!, copies(0.7, 60)])
    assert.isFalse(few.suffices)
    assert.strictEqual(
      supply(few, pieces),
      "The 2 peers that were reached have 0.70 copies between them: 60 of 200 pieces are with nobody.",
    )
    const enough = surveyOf([gives(1, 150), gives(2, 100), copies(1.25, 0)])
    assert.isTrue(enough.suffices)
    assert.strictEqual(
      supply(enough, pieces),
      "The 2 peers that were reached have 1.25 copies between them: enough to have all of it.",
    )
    const one = surveyOf([gives(1, 199), copies(0.995, 1)])
    assert.strictEqual(
      supply(one, pieces),
      "The one peer that was reached has 0.99 copies: 1 of 200 pieces is with nobody.",
    )
    assert.strictEqual(supply(surveyOf([everyone[0]!]), pieces), "")
  })

  it("cannot count on what others keep to themselves", () => {
    const survey = surveyOf([gives(1, 100), keeps(2, 200), copies(1.5, 0)])
    assert.isFalse(survey.suffices)
    assert.strictEqual(
      supply(survey, 200),
      "The 2 peers that were reached have 1.50 copies between them, and those who would give us something perhaps not all of it.",
    )
    assert.isTrue(surveyOf([gives(1, 200), gives(3, 50), keeps(2, 200), copies(2.25, 0)]).suffices)
    assert.isFalse(surveyOf([keeps(1, 200), copies(1, 0)]).suffices)
  })

  const Peer = Schema.Struct({
    pieces: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 }))),
    gives: Schema.Boolean,
  })

  it.effect.prop("suffice only when every piece is with one of them", [Schema.Array(Peer)], ([peers]) =>
    Effect.sync(() => {
      const having = peers.map((peer) => ({ ...peer, pieces: new Set(peer.pieces) }))
      const counts = [0, 1, 2, 3, 4].map((piece) => having.filter(({ pieces }) => pieces.has(piece)).length)
      const rarest = Math.min(...counts)
      const sum = rarest + counts.filter((count) => count > rarest).length / 5
      const events = having.map(({ gives: open, pieces }, at) => (open ? gives : keeps)(at + 1, pieces.size))
      const { suffices } = surveyOf([...events, copies(sum, counts.filter((count) => count === 0).length)])
      const fromGivers = [0, 1, 2, 3, 4].every((piece) => having.some((peer) => peer.gives && peer.pieces.has(piece)))
      if (suffices) assert.isTrue(fromGivers)
      if (having.every(({ gives }) => gives)) assert.strictEqual(suffices, fromGivers)
    }),
  )
})

describe("table", () => {
  interface Row {
    readonly a: string
    readonly b: string
  }
  const columns: ReadonlyArray<Column<Row>> = [
    { title: "A", cell: ({ a }) => a, yields: { order: 1, to: 4 } },
    { title: "B", cell: ({ b }) => b, align: "right" },
  ]

  it("aligns cells that are wider than they are long", () => {
    assert.deepStrictEqual(
      table(
        columns,
        [
          { a: "日本", b: "1" },
          { a: "x", b: "200" },
        ],
        plain,
      ),
      ["A       B", "日本    1", "x     200"],
    )
  })

  it("cuts no further than it may", () => {
    assert.deepStrictEqual(table(columns, [{ a: "abcdefgh", b: "1" }], plain, 2), ["A     B", "abc…  1"])
  })
})
