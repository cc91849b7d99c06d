/** Downloads by a link from scripted peers in memory, under a test's clock. */
import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import { MagnetLink } from "@unchoke/protocol"
import { Content, MemoryPieceStore, MemorySwarm, type Script, settle, TestDigest, visit } from "@unchoke/testkit"
import { Effect, Layer } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadEvent, type DownloadOptions, Tracker } from "@unchoke/engine"
import { downloadLink } from "@unchoke/engine/internal"
import { Stream } from "effect"

/** Its description has three parts. */
export const content = Content.make({
  name: "many",
  pieceLength: 16_384,
  files: Array.from({ length: 500 }, (_, file) => ({
    path: [`a file whose name is long enough to fill a description ${file}`],
    length: 100,
  })),
})

export const folder = "downloads"

export const addressOf = (index: number): string => `127.0.${(index + 1) >> 8}.${(index + 1) & 255}:6881`

export const link = MagnetLink.ofHash(content.torrent.infoHash)

/** The same with so many bytes more in its description. */
export const longer = (bytes: number): Content.Content => {
  const { info } = content.torrent
  const longer = Buffer.concat([
    info.subarray(0, -1),
    Buffer.from(`2:zz${bytes}:`),
    Buffer.alloc(bytes),
    Buffer.from("e"),
  ])
  const infoHash = new Uint8Array(createHash("sha1").update(longer).digest())
  return { ...content, torrent: { ...content.torrent, info: longer, infoHash } }
}

/** Peers with these scripts, and a disk; no tracker. */
export const worldOf = (
  scripts: ReadonlyArray<Script.Script>,
  socket: Partial<Omit<MemorySwarm.SwarmOptions, "peers">> = {},
) => {
  const peers = Object.fromEntries(scripts.map((script, index) => [addressOf(index), script]))
  return {
    peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
    layer: Layer.mergeAll(
      MemorySwarm.layer({ content, peers, ...socket }),
      MemoryPieceStore.layer(),
      Layer.mock(Tracker, {}),
      TestDigest.layer,
    ),
  }
}

/** A download by a link from peers with these scripts. */
export const downloading = (
  scripts: ReadonlyArray<Script.Script>,
  options: Partial<DownloadOptions> = {},
  socket: Partial<Omit<MemorySwarm.SwarmOptions, "peers">> = {},
) => {
  const link = MagnetLink.ofHash((socket.content ?? content).torrent.infoHash)
  const events: Array<DownloadEvent> = []
  const { layer, peers } = worldOf(scripts, socket)
  const run = downloadLink(link, { folder, peers, trackers: false, ...options }).pipe(
    Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
  )
  return { run, events, layer }
}

/** Runs it to its end, at most so many seconds; how many it took. */
export const finish = Effect.fnUntraced(function* <A, E, R>(run: Effect.Effect<A, E, R>, seconds: number) {
  const fiber = yield* Effect.forkChild(Effect.result(run))
  let second = 0
  for (; second < seconds && fiber.pollUnsafe() === undefined; second++) yield* visit([500, 1000])
  const ended = fiber.pollUnsafe()
  assert.isDefined(ended, "it hangs")
  yield* settle
  assert.strictEqual((yield* MemorySwarm.MemorySwarm).open(), 0, "connections are left open")
  return { outcome: yield* Effect.flatten(Effect.succeed(ended!)), seconds: second }
})

/** Whether all of it is on the disk. */
export const isThere = Effect.gen(function* () {
  const disk = yield* MemoryPieceStore.MemoryPieceStore
  const { files } = content.torrent
  return files.every(({ length, offset, path }) => {
    const bytes = disk.files.get([folder, ...path].join("/"))
    return bytes !== undefined && Buffer.compare(bytes, content.data.subarray(offset, offset + length)) === 0
  })
})
