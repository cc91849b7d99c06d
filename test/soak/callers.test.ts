/** What thousands of callers who want nothing do to a download, on real sockets: nothing. */
import { assert, describe, it } from "@effect/vitest"
import { NodeDialer, NodeListener, NodePieceStore } from "@unchoke/node"
import { Handshake, PeerId } from "@unchoke/protocol"
import { Content, LoopbackSwarm, Script, TestDigest } from "@unchoke/testkit"
import { Effect, Fiber, Layer, Stream } from "effect"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DownloadEvent, Tracker, Unchoke } from "@unchoke/engine"
import { inUse, mib } from "./inUse.ts"

const content = Content.make({ files: 40 * 65_536, pieceLength: 65_536 })
const { infoHash } = content.torrent

const greeting = Handshake.print({
  infoHash,
  peerId: PeerId.make("9.9.9", new Uint8Array(12).fill(7)),
  fast: true,
  extended: false,
  dht: false,
})

const engine = Unchoke.layerWith({ port: 0 }).pipe(
  Layer.provide(
    Layer.mergeAll(
      NodeDialer.layer,
      NodeListener.layer,
      NodePieceStore.layer,
      Layer.mock(Tracker, {}),
      TestDigest.layer,
    ),
  ),
)

/** Calls, and says so much. */
const call = async (port: number, say: (conn: Net.Socket) => void): Promise<Net.Socket> => {
  const conn = Net.connect({ host: "127.0.0.1", port }).on("error", () => {})
  await Promise.race([once(conn, "connect"), once(conn, "close")])
  say(conn.resume())
  return conn
}

const callers = {
  "connect and vanish": (conn: Net.Socket) => conn.destroy(),
  "connect and reset": (conn: Net.Socket) => conn.resetAndDestroy(),
  "say rubbish": (conn: Net.Socket) => conn.end(new Uint8Array(4096).fill(0xa5)),
  "say half a handshake": (conn: Net.Socket) => conn.end(greeting.subarray(0, 40)),
}
const kinds = Object.values(callers)

describe("callers who want nothing", () => {
  it.live(
    "ten thousand of them, and slow lorises, leave a download as it is, and nothing behind",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-callers-"))),
          (folder) => Effect.promise(() => rm(folder, { recursive: true })),
        )
        // It gives a block every 20 ms, and so does not end before the callers do.
        const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.trickling(20) }])
        const { download } = yield* Unchoke
        const events: Array<DownloadEvent> = []
        const options = { folder, peers: swarm.addresses, trackers: false, seed: {} }
        const downloading = yield* Effect.forkChild(
          Stream.runForEach(download(content.torrent, options), (event) => Effect.sync(() => void events.push(event))),
        )
        const until = (is: () => boolean) => Effect.repeat(Effect.delay(Effect.sync(is), 20), { until: (yes) => yes })
        const told = <Tag extends DownloadEvent["_tag"]>(tag: Tag) => events.find(DownloadEvent.guards[tag])
        yield* until(() => told("Listening") !== undefined)
        const { port } = told("Listening") as Extract<DownloadEvent, { readonly _tag: "Listening" }>

        const crowd = (count: number) =>
          Effect.forEach(
            Array.from({ length: count }, (_, nth) => kinds[nth % kinds.length]!),
            (say) => Effect.promise(() => call(port, say)),
            { concurrency: 50, discard: true },
          )
        yield* crowd(1000)
        const before = yield* inUse
        const lorises = yield* Effect.forEach(Array.from({ length: 300 }), () =>
          Effect.promise(() => call(port, (conn) => void conn.write(greeting.subarray(0, 1)))),
        )
        yield* crowd(10_000)
        yield* until(() => lorises.every(({ closed }) => closed))
        const after = yield* inUse
        assert.isAtMost(after.sockets, before.sockets)
        assert.isAtMost(after.files, before.files)
        assert.isBelow(after.heapUsed - before.heapUsed, 8 * mib)

        const honest = yield* Effect.promise(() => call(port, (conn) => void conn.write(greeting)))
        yield* until(() => events.some((event) => event._tag === "Joined" && event.incoming))
        honest.destroy()
        yield* until(() => told("Done") !== undefined)
        yield* Fiber.interrupt(downloading)
        const there = yield* Effect.promise(() => readFile(join(folder, "content.bin")))
        assert.deepStrictEqual(new Uint8Array(there), content.data)
        assert.lengthOf(
          events.filter(({ _tag }) => _tag === "Joined"),
          2,
        )
      }).pipe(Effect.scoped, Effect.provide(engine)),
    120_000,
  )
})
