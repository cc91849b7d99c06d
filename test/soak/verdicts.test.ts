/** What is kept of peers that somebody has made up: their verdicts, and nothing of the dials that failed. */
import { assert, it } from "@effect/vitest"
import { NodeDialer } from "@unchoke/node"
import { Content } from "@unchoke/testkit"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { ConnectFailed, Tracker } from "@unchoke/engine"
import { survey } from "@unchoke/engine/internal"
import { inUse } from "./inUse.ts"

const content = Content.make({ files: 65_536, pieceLength: 65_536 })
const world = Layer.mergeAll(NodeDialer.layer, Layer.mock(Tracker, {}))

/** On addresses where nobody listens. */
const madeUp = (count: number, network: number) =>
  Array.from({ length: count }, (_, index) =>
    NetAddress.inetAddressFromStringUnsafe(`127.${network}.${index >> 7}.${1 + (index & 127)}:9`),
  )

const verdicts = (count: number, network: number) =>
  survey(content.torrent, { peers: madeUp(count, network), trackers: false }).pipe(
    Stream.runCollect,
    Effect.map((events) => events.flatMap((event) => (event._tag === "Rejected" ? [event.error] : []))),
  )

it.live("a verdict keeps neither its socket nor its fiber: a thousand are a few MiB", () =>
  Effect.gen(function* () {
    yield* verdicts(200, 71)
    const before = yield* inUse
    const kept = yield* verdicts(1000, 72)
    const after = yield* inUse
    assert.strictEqual(kept.length, 1000)
    for (const error of kept) assert.instanceOf(error, ConnectFailed)
    assert.isBelow((after.heapUsed - before.heapUsed) / kept.length, 6000)
  }).pipe(Effect.provide(world)),
)
