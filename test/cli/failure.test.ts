import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Exit, Option, Schema } from "effect"
import {
  ChokeTimeout,
  ConnectFailed,
  Dismissed,
  HandshakeFailed,
  InvalidTorrent,
  NoPeers,
  NoSuitablePeer,
  StorageError,
  Unasked,
  UnsupportedTorrent,
} from "@unchoke/engine"
import * as Interruption from "../../packages/cli/src/Interruption.ts"
import { codeOf, exitCodes, teardownOf } from "../../packages/cli/src/ExitCode.ts"
import { failure, failureOfPlace, failureOfProbe } from "../../packages/cli/src/render/failure.ts"
import { NothingToSeed } from "../../packages/cli/src/NothingToSeed.ts"
import { UnreadableTorrent } from "../../packages/cli/src/torrentFile.ts"
import { peer, seen } from "./peers.ts"

const refused = (last: number) => new ConnectFailed({ peer: peer(last), seen: seen({}), reason: "refused" })
const timedOut = (last: number) => new ConnectFailed({ peer: peer(last), seen: seen({}), reason: "timed out" })
const choked = (last: number) =>
  new ChokeTimeout({ peer: peer(last), seen: seen({ have: 1 }), waited: Duration.seconds(45) })

describe("failures in words", () => {
  it("few peers are named, many are tallied", () => {
    assert.deepStrictEqual(
      failure(new NoSuitablePeer({ rejections: [refused(1), refused(2)] }), { torrent: "a.torrent" }),
      [
        "None of 2 peers would give us the file: 2 refused the connection.",
        "  10.0.0.1:6881: refused the connection",
        "  10.0.0.2:6881: refused the connection",
        "Try again later: peers come and go. `unchoke probe a.torrent` shows every peer's verdict.",
      ],
    )
    const many = new NoSuitablePeer({ rejections: [1, 2, 3, 4, 5, 6].map(timedOut) })
    assert.deepStrictEqual(failure(many, { torrent: "my file's.torrent" }), [
      "None of 6 peers would give us the file: 6 timed out connecting.",
      "Most did not answer in time: try --connect-timeout 20s, or again later. " +
        "`unchoke probe 'my file'\\''s.torrent'` shows every peer's verdict.",
    ])
  })

  it("the probe that it names asks whom it asked", () => {
    const error = new NoSuitablePeer({ rejections: [refused(1)] })
    assert.include(
      failure(error, { torrent: "a", noTracker: true, peer: ["10.0.0.1:6881"] }).at(-1),
      "`unchoke probe a --no-tracker --peer …`",
    )
  })

  it("says what it waited for in seconds", () => {
    const waited = new ChokeTimeout({ peer: peer(1), seen: seen({}), waited: Duration.millis(3500) })
    assert.strictEqual(waited.message, "10.0.0.1:6881: did not unchoke us in 3.5 s")
  })

  it("peers that were not dialled for lack of sockets are nobody's fault but the limit's", () => {
    const none = new ConnectFailed({ peer: peer(2), seen: seen({}), reason: "no sockets left" })
    const [, ...rest] = failure(new NoSuitablePeer({ rejections: [...[1, 2, 3, 4, 5, 6].map(timedOut), none] }), {
      torrent: "a",
    })
    assert.deepStrictEqual(rest, [
      "This machine had no sockets left for some: raise the limit (`ulimit -n`) and run the same command again. " +
        "`unchoke probe a` shows every peer's verdict.",
    ])
  })

  it("a probe does not repeat its table", () => {
    assert.deepStrictEqual(
      failureOfProbe({ size: 2, partial: 0, isDescribed: true })(
        new NoSuitablePeer({ rejections: [refused(1), choked(2)] }),
        {
          torrent: "a.torrent",
        },
      ),
      [
        "None of 2 peers would give us the file. Peers that never unchoked us may do so later: try --unchoke-timeout 2m.",
      ],
    )
  })

  it("a probe that found parts says that they are not enough", () => {
    assert.match(
      failureOfProbe({ size: 3, partial: 2, isDescribed: true })(new NoSuitablePeer({ rejections: [refused(1)] }), {
        torrent: "a",
      })[0]!,
      /^Nobody would give us all of it, and those who would give us a part do not have all of it between them, .+\. Try/,
    )
  })

  it("a seed of nothing says where it looked, and how to come by it", () => {
    const nothing = new NothingToSeed({ name: "film\u001b.mkv", folder: "my films" })
    const lines = [
      "Nothing of film\ufffd.mkv is in my films. Name the folder that the torrent's file or folder is in. " +
        "To fetch it, and seed it then: unchoke download a.torrent --output 'my films' --seed",
    ]
    assert.deepStrictEqual(failure(nothing, { torrent: "a.torrent" }), lines)
    assert.deepStrictEqual(failureOfPlace(nothing, { torrent: "a.torrent" }), lines)
    assert.strictEqual(codeOf(nothing), 1)
  })

  it("whom we have let go is told without blame", () => {
    const dismissed = new Dismissed({ peer: peer(1), seen: seen({}), reason: "room for others" })
    assert.deepStrictEqual(
      failure(new NoSuitablePeer({ rejections: [dismissed, refused(2)] }), { torrent: "a" }).slice(0, 2),
      [
        "None of 2 peers would give us the file: 1 made room for others, 1 refused the connection.",
        "  10.0.0.1:6881: made room for others",
      ],
    )
  })

  it("one is not none of several", () => {
    const one = new NoSuitablePeer({ rejections: [refused(1)] })
    assert.strictEqual(
      failure(one, { torrent: "a" })[0],
      "The only peer would not give us the file: refused the connection.",
    )
    assert.match(
      failureOfProbe({ size: 1, partial: 0, isDescribed: true })(one, { torrent: "a" })[0]!,
      /^The only peer would not give us the file\. Try/,
    )
  })

  it("says where peers were looked for, and where else to look", () => {
    const nobody = Unasked.of({ private: false, trackers: [], unusedTrackers: [] }, { dht: false, lsd: false })
    assert.deepStrictEqual(failure(new NoPeers({ asked: [], unasked: nobody }), { torrent: "a.torrent" }), [
      "There was nobody to ask for peers:",
      "  trackers: none is named",
      "  DHT: not asked (--no-dht)",
      "  local discovery: not asked (--no-lsd)",
      "Leave out --no-dht and --no-lsd, or name a peer with --peer host:port.",
    ])
    const secret = Unasked.of({ private: true, trackers: ["udp://t:1"], unusedTrackers: [] }, { trackers: false })
    assert.deepStrictEqual(failure(new NoPeers({ asked: [], unasked: secret }), { torrent: "a.torrent" }), [
      "There was nobody to ask for peers:",
      "  trackers: not asked (--no-tracker)",
      "  DHT and local discovery: not asked about a private torrent",
      "Leave out --no-tracker, or name a peer with --peer host:port.",
    ])
    const advice = (answer: NoPeers["asked"][number]["answer"]) =>
      failure(new NoPeers({ asked: [{ source: "https://t/announce", origin: "tracker", answer }] }), {
        torrent: "a.torrent",
      })[1]
    assert.match(advice({ error: "its certificate", problem: "CertificateRefused" })!, /--insecure-tracker/)
    assert.match(advice({ error: "was not called", problem: "Forbidden" })!, /--local-tracker/)
    assert.match(advice({ peers: 0, withheld: 2 })!, /--local-tracker/)
    const silent = new NoPeers({
      asked: [{ source: "udp://t:1", origin: "tracker", answer: { error: "no answer within 15s" } }],
    })
    assert.deepStrictEqual(failure(silent, { torrent: "a.torrent" }), [
      "No peers found (udp://t:1: no answer within 15s).",
      "Check the network, try again later, or name a peer with --peer host:port.",
    ])
    const several = new NoPeers({
      asked: [
        { source: "udp://t:1", origin: "tracker", answer: { error: "no answer within 15s" } },
        { source: "the DHT", origin: "dht", answer: { peers: 0 } },
      ],
    })
    assert.deepStrictEqual(failure(several, { torrent: "a.torrent" }), [
      "Nobody found who would give it to us:",
      "  udp://t:1: no answer within 15s",
      "  the DHT: it knows no peers",
      "Try again later, or name a peer with --peer host:port.",
    ])
    const empty = new NoPeers({ asked: [{ source: "udp://t:1", origin: "tracker", answer: { peers: 0 } }] })
    assert.strictEqual(
      failure(empty, { torrent: "a.torrent" })[1],
      "Try again later, or name a peer with --peer host:port.",
    )
  })

  const facts = [
    "isPrivate",
    "hasTrackers",
    "hasWebSeeds",
    "noTracker",
    "noDht",
    "noLsd",
    "noPex",
    "noWebSeeds",
  ] as const
  it.prop(
    "whatever a torrent has and whatever was left out: what is said is true, and what is to be left out would help",
    [...facts.map(() => Schema.Boolean), Schema.Literals(["swarm", "race"])] as const,
    (values) => {
      const strategy = values.at(-1) as "swarm" | "race"
      const given = Object.fromEntries(facts.map((fact, index) => [fact, values[index] as boolean])) as Record<
        (typeof facts)[number],
        boolean
      >
      const torrent = {
        private: given.isPrivate,
        trackers: given.hasTrackers ? ["udp://t:1"] : [],
        unusedTrackers: [],
        webSeeds: given.hasWebSeeds ? ["http://w/"] : [],
      }
      /** Who is asked, as the engine does. */
      const askedWith = (flags: typeof given, strategy: string) => [
        ...(given.hasTrackers && !flags.noTracker ? ["trackers"] : []),
        ...(given.isPrivate || flags.noDht ? [] : ["DHT"]),
        ...(given.isPrivate || flags.noLsd ? [] : ["local discovery"]),
        ...(given.isPrivate || flags.noPex ? [] : ["peer exchange"]),
        ...(given.hasWebSeeds && !flags.noWebSeeds && strategy === "swarm" ? ["web seeds"] : []),
      ]
      const asked = askedWith(given, strategy)
      const unasked = Unasked.of(torrent, {
        trackers: !given.noTracker,
        dht: !given.noDht,
        lsd: !given.noLsd,
        pex: !given.noPex,
        webSeeds: !given.noWebSeeds,
        strategy,
      })
      for (const { source } of unasked) assert.notInclude(asked, source)
      const none = new NoPeers({
        asked: asked
          .filter((source) => source !== "web seeds" && source !== "peer exchange")
          .map((source) => ({ source, origin: "tracker" as const, answer: { peers: 0 } })),
        unasked,
      })
      const some = new NoSuitablePeer({ rejections: [refused(1)], unasked })
      for (const lines of [failure(none, { torrent: "a", ...given }), failure(some, { torrent: "a" })]) {
        const text = lines.join("\n")
        const advised = lines.at(-1)!.match(/--(?:no-[a-z-]+|strategy)/g) ?? []
        for (const flag of advised) {
          const name = flag.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
          const without = askedWith({ ...given, [name]: false }, flag === "--strategy" ? "swarm" : strategy)
          const withIt = askedWith({ ...given, noWebSeeds: false }, "swarm")
          assert.isAbove(flag === "--strategy" ? withIt.length : without.length, asked.length, text)
          if (flag !== "--strategy") assert.isTrue(given[name as keyof typeof given], text)
        }
      }
      const text = failure(none, { torrent: "a", ...given })
      assert.match(text.at(-1)!, /--peer host:port\.$/)
      // Everybody who was asked, or could have been, has a line, and nobody has two.
      const names = [
        "trackers",
        "DHT",
        "local discovery",
        ...(given.hasWebSeeds && !asked.includes("web seeds") ? ["web seeds"] : []),
      ]
      if (text.length > 2) {
        for (const name of names)
          assert.lengthOf(
            text.slice(1, -1).filter((line) => line.includes(name)),
            1,
            text.join("\n"),
          )
      }
      assert.strictEqual(
        text.some((line) => line.includes("private")),
        given.isPrivate,
      )
    },
    { arbitrary: { runs: 300 } },
  )

  it("whoever does not take the words that it is spoken to in may take others", () => {
    const hungUp = (last: number, reason: "closed" | "wrong info hash" = "closed", plain?: "not tried") =>
      new HandshakeFailed({ peer: peer(last), seen: seen({}), reason, plain })
    const hint = (rejections: NoSuitablePeer["rejections"], encryption: "off" | "require" | "prefer") =>
      failure(new NoSuitablePeer({ rejections }), { torrent: "a", encryption: Option.some(encryption) }).at(-1)!
    assert.match(
      hint([hungUp(1), hungUp(2), refused(3)], "off"),
      /^Nobody who was reached took plain words: perhaps they speak nothing but encrypted ones\. Leave out --encryption off\. /,
    )
    assert.match(
      hint([hungUp(1, "closed", "not tried")], "require"),
      /^The one that was reached did not take encrypted words: perhaps it speaks nothing but plain ones\. Leave out --encryption require\. /,
    )
    for (const [rejections, encryption] of [
      [[hungUp(1)], "prefer"],
      [[refused(1)], "off"],
      [[hungUp(1), hungUp(2, "wrong info hash")], "off"],
      [[hungUp(1), choked(2)], "require"],
    ] as const) {
      assert.notMatch(hint(rejections, encryption), /Leave out/)
    }
    assert.notMatch(failure(new NoSuitablePeer({ rejections: [hungUp(1)] }), { torrent: "a" }).at(-1)!, /Leave out/)
  })

  it("what was given already is not advised", () => {
    const deadlines = { connect: Option.some(Duration.seconds(20)), unchoke: Option.some(Duration.minutes(3)) }
    for (const error of [timedOut(1), choked(1)]) {
      assert.notMatch(
        failure(new NoSuitablePeer({ rejections: [error] }), { torrent: "a", deadlines }).at(-1)!,
        /-timeout/,
      )
    }
  })

  it("every refusal of the disk names the path and a way out", () => {
    for (const reason of StorageError.fields.reason.literals) {
      for (const operation of ["write", "create"] as const) {
        const [line, ...rest] = failure(new StorageError({ path: "/d/\u001bfilm", operation, reason }), {
          torrent: "a.torrent",
        })
        assert.deepStrictEqual(rest, [])
        assert.match(line!, /^Cannot (write|create) \/d\/�film: .+\. [A-Z].+\.$/)
      }
    }
    const cause = Object.assign(new Error("EIO: i/o error, write"), { code: "EIO" })
    const unknown = new StorageError({ path: "/d/film", operation: "write", reason: "other", cause })
    assert.strictEqual(
      failure(unknown, { torrent: "a.torrent" })[0],
      "Cannot write /d/film: the system said EIO. When this is settled, run the same command again: what is verified is not fetched again.",
    )
  })

  it("a torrent that is none", () => {
    assert.deepStrictEqual(
      failure(new InvalidTorrent({ field: "info.pieces", why: "is missing" }), { torrent: "a.torrent" }),
      ["a.torrent is not a valid torrent: the torrent's info.pieces is missing. Get it again from where it came from."],
    )
    const link = `magnet:?xt=urn:btih:${"a".repeat(40)}`
    assert.deepStrictEqual(
      failure(new InvalidTorrent({ field: "info.pieces", why: "is missing" }), { torrent: link }),
      [
        `What ${link} leads to is not a valid torrent: the torrent's info.pieces is missing. It was made that way: look for another torrent of the same files.`,
      ],
    )
    assert.deepStrictEqual(failure(new UnsupportedTorrent({ version: 2 }), { torrent: "a.torrent" }), [
      "a.torrent cannot be downloaded: it is for BitTorrent v2 alone, which is not supported yet. A hybrid torrent of the same files, or one of v1, can.",
    ])
    assert.deepStrictEqual(
      failure(new UnreadableTorrent({ path: "a", why: "there is no such file" }), { torrent: "a" }),
      ["Cannot read a: there is no such file."],
    )
  })
})

describe("exit codes", () => {
  const storage = new StorageError({ path: "/", operation: "write", reason: "no space" })
  const codes: ReadonlyArray<readonly [string, Exit.Exit<unknown, unknown>, number]> = [
    ["success", Exit.succeed("anything"), 0],
    ["NoSuitablePeer", Exit.fail(new NoSuitablePeer({ rejections: [] })), 3],
    ["InvalidTorrent", Exit.fail(new InvalidTorrent({ field: "info", why: "is missing" })), 4],
    ["UnsupportedTorrent", Exit.fail(new UnsupportedTorrent({ version: 2 })), 4],
    ["UnreadableTorrent", Exit.fail(new UnreadableTorrent({ path: "a", why: "b" })), 4],
    ["StorageError", Exit.fail(storage), 5],
    ["NoPeers", Exit.fail(new NoPeers({ asked: [] })), 6],
    ["another error", Exit.fail({ _tag: "NotAllThere" }), 1],
    ["a defect", Exit.die("oops"), 1],
    ["an interruption", Exit.interrupt(1), 130],
    [
      "an interruption of something that failed as well",
      Exit.failCause(Cause.combine(Cause.fail(storage), Cause.interrupt(1))),
      5,
    ],
  ]
  it.each(codes)("%s", (_, exit, expected) => {
    let code: number | undefined
    teardownOf(Interruption.make())(exit, (given) => (code = given))
    assert.strictEqual(code, expected)
    assert.isTrue(exitCodes.some(([documented]) => documented === expected))
  })

  it("an error without a tag is any other error", () => {
    assert.strictEqual(codeOf(undefined), 1)
    assert.strictEqual(codeOf("text"), 1)
  })
})
