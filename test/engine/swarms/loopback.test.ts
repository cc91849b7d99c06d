/** The same swarms on real sockets, at full speed, onto a real disk: what happens at the same time there happens in no order that a test clock would choose. */
import { assert, describe, it } from "@effect/vitest"
import { NodeUnchoke } from "@unchoke/node"
import { Content, LoopbackSwarm } from "@unchoke/testkit"
import { Duration, Effect, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DownloadEvent, Unchoke } from "@unchoke/engine"
import { condemned, isHonest, known, Peer, scriptOf, type Swarm } from "./Swarm.ts"

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-swarm-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

/** Downloads to the end; whoever hangs is ended by the test's own deadline. */
const run = Effect.fnUntraced(function* ({ blocksPerPiece, last, links, peers, pieces, strategy }: Swarm) {
  const pieceLength = blocksPerPiece * 16_384
  const content = Content.make({ files: pieces * pieceLength - 100, pieceLength })
  const everybody = [...peers, last]
  const swarm = yield* LoopbackSwarm.start(
    content,
    everybody.map((peer) => ({ script: scriptOf(peer, pieces) })),
  )
  const folder = yield* temporary
  const events: Array<DownloadEvent> = []
  const unchoke = yield* Unchoke
  yield* unchoke
    .download(content.torrent, {
      folder,
      peers: swarm.addresses,
      trackers: false,
      strategy,
      links,
      deadlines: { block: Duration.seconds(2), blockHurried: Duration.millis(500), unchoke: Duration.seconds(6) },
    })
    .pipe(Stream.runForEach((event) => Effect.sync(() => void events.push(event))))
  const bytes = yield* Effect.promise(() => readFile(join(folder, "content.bin")))
  assert.isTrue(bytes.equals(content.data))
  const honest = swarm.addresses.filter((_, index) => isHonest(everybody[index]!)).map(NetAddress.formatInet)
  assert.deepStrictEqual(
    condemned(events).filter((name) => honest.includes(name)),
    [],
  )
}, Effect.scoped)

/** Those that need no waiting. */
const { Drop, Good, Repeat, Spoil, SpoilAll, SpoilAndDrop } = Peer.cases
const Brisk = Schema.Struct({
  pieces: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
  blocksPerPiece: Schema.Literals([1, 4, 16]),
  strategy: Schema.Literals(["race", "race", "sequence"]),
  links: Schema.Literals([1, 1, 2, 4]),
  peers: Schema.Array(Schema.Union([Drop, Good, Repeat, Spoil, SpoilAll, SpoilAndDrop])).check(Schema.isMaxLength(8)),
  last: Schema.Union([Good, Drop]),
})

describe("swarms on real sockets", () => {
  it.live.prop(
    "complete, and no honest peer is condemned",
    [Brisk],
    ([swarm]) => Effect.provide(run({ ...swarm, buffers: 0, verdict: 0 }), NodeUnchoke.layer),
    { arbitrary: { runs: 8 }, timeout: 120_000 },
  )

  for (const [name, swarm] of Object.entries(known)) {
    // Half a minute of looking on while they do nothing: virtual time does as well.
    if (/^(fifty|forty)/.test(name)) continue
    it.live(name, () => Effect.provide(run({ ...swarm, pieces: 60, blocksPerPiece: 16 }), NodeUnchoke.layer), 60_000)
  }
})
