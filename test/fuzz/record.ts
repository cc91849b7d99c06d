/**
 * Records the seeds of other people's programs: `node --conditions=source test/fuzz/record.ts`, after `.ci/install-clients`.
 *
 * Torrents as real creators make them, what real clients say from the handshake to the first block, and what a real tracker answers over HTTP and UDP.
 * The content is tiny, so that the seeds are.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { AnnounceRequest, Frames, PeerMessage, UdpTracker } from "@unchoke/protocol"
import { Effect, FileSystem, Result } from "effect"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { connect } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { aria2 } from "../interop/clients/aria2.ts"
import type { Client } from "../interop/clients/Client.ts"
import { libtorrent } from "../interop/clients/libtorrent.ts"
import { rtorrent } from "../interop/clients/rtorrent.ts"
import { transmission } from "../interop/clients/transmission.ts"
import { webtorrent } from "../interop/clients/webtorrent.ts"
import { libtorrentHybrid, libtorrentV1 } from "../interop/creators/libtorrent.ts"
import { mktorrent } from "../interop/creators/mktorrent.ts"
import { transmissionCreate } from "../interop/creators/transmissionCreate.ts"
import { freePort } from "../interop/loopback.ts"
import { byLibtorrent } from "../interop/readers/readers.ts"
import * as opentracker from "../interop/trackers/opentracker.ts"

/** The shortest that every creator makes. */
const pieceLength = 32_768

/** How the bytes of a seed are cut, and that the torrent has two pieces: see `CutStream`. */
const cutting = Uint8Array.of(1, 1, 5, 68, 1, 2, 3, 250)

const keep = Effect.fnUntraced(function* (target: string, name: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const folder = fileURLToPath(new URL(`seeds/${target}/`, import.meta.url))
  yield* fs.makeDirectory(folder, { recursive: true })
  yield* fs.writeFile(folder + name, bytes)
  yield* Effect.log(`${target}/${name}: ${bytes.length} bytes`)
})

/** A file of two pieces, and a folder with an empty file and names beyond ASCII. */
const writeContent = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const content = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8))
  yield* fs.writeFile(join(folder, "file.bin"), content(pieceLength + 100))
  yield* fs.makeDirectory(join(folder, "größe/in"), { recursive: true })
  yield* fs.writeFile(join(folder, "größe/a.bin"), content(17_000))
  yield* fs.writeFile(join(folder, "größe/empty"), content(0))
  yield* fs.writeFile(join(folder, "größe/in/大きさ.txt"), content(9))
  return [join(folder, "file.bin"), join(folder, "größe")] as const
})

const recordTorrents = Effect.fnUntraced(function* (sources: ReadonlyArray<string>, folder: string) {
  const fs = yield* FileSystem.FileSystem
  for (const creator of [mktorrent, transmissionCreate, libtorrentV1, libtorrentHybrid]) {
    for (const source of sources) {
      const output = join(folder, "made.torrent")
      yield* Effect.ignore(fs.remove(output))
      const trackers = ["http://127.0.1.1:6969/announce", "udp://127.0.1.1:6969/announce"]
      yield* creator.create({ source, output, trackers, pieceLength, private: source === sources[0] })
      const kind = source === sources[0] ? "file" : "folder"
      yield* keep("metainfo", `${creator.name.replace(" ", "-")}-${kind}`, yield* fs.readFile(output))
    }
  }
})

/** Everything that a peer says when we greet it, are interested, and ask for two short blocks; for at most twelve seconds, a round of unchoking. */
const conversation = (host: string, port: number, infoHash: Uint8Array) =>
  Effect.promise(async () => {
    const socket = connect(port, host)
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    const closed = once(socket, "close")
    const wait = (milliseconds: number) =>
      Promise.race([closed, new Promise((resolve) => setTimeout(resolve, milliseconds))])
    const say = (message: PeerMessage.PeerMessage) => socket.write(PeerMessage.printAll([message]))
    const reserved = Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 4)
    const peerId = Buffer.from("-UN0100-fuzzingseed0")
    socket.write(Buffer.concat([Buffer.from("\x13BitTorrent protocol"), reserved, infoHash, peerId]))
    await wait(1000)
    say({ _tag: "Extended", id: 0, payload: Buffer.from("d1:md11:ut_metadatai2e6:ut_pexi1eee") })
    if ((Buffer.concat(chunks)[27] ?? 0) & 4) say({ _tag: "HaveNone" })
    say({ _tag: "Interested" })
    await wait(11_000)
    for (const begin of [0, 50]) say({ _tag: "Request", piece: 1, begin, length: 50 })
    await wait(1000)
    socket.destroy()
    return new Uint8Array(Buffer.concat(chunks))
  })

const recordPeer = Effect.fnUntraced(function* (client: Client, source: string, folder: string) {
  const fs = yield* FileSystem.FileSystem
  const address = yield* opentracker.reserve("127.0.1.1")
  const torrent = join(folder, `${client.name}.torrent`)
  const { http } = opentracker.urls(address)
  yield* libtorrentV1.create({ source, output: torrent, trackers: [http], pieceLength, private: false })
  const { infoHash } = yield* byLibtorrent(torrent)
  const tracker = yield* opentracker.start(address, [infoHash])
  const port = yield* freePort(client.host)
  const home = yield* fs.makeTempDirectoryScoped()
  const seeder = yield* client.join({ torrents: [torrent], dataFolder: folder, host: client.host, port, home })
  yield* seeder.until(
    "the tracker counts it",
    Effect.map(tracker.seeders(infoHash), (count) => count > 0),
  )
  const said = yield* conversation(client.host, port, Buffer.from(infoHash, "hex"))
  yield* keep("handshake", client.name, said.subarray(0, 68))
  const messages = said.subarray(68)
  yield* keep("peer-messages", client.name, new Uint8Array([...cutting, ...messages]))
  const frames: Array<Uint8Array> = []
  new Frames.Frames(2).push(messages, frames)
  for (const message of frames.map(PeerMessage.parse)) {
    yield* Effect.log(typeof message === "string" ? message : message._tag)
    if (typeof message !== "string" && message._tag === "Extended" && message.id === 0) {
      yield* keep("extended-handshake", client.name, message.payload)
    }
  }
})

const request: AnnounceRequest.AnnounceRequest = {
  infoHash: new Uint8Array(20),
  peerId: new TextEncoder().encode("-UN0100-fuzzingseed0"),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 100,
  event: "started",
  numWant: 50,
  key: 1,
}

const recordTracker = Effect.fnUntraced(function* (infoHash: string) {
  const address = yield* opentracker.reserve("127.0.1.1")
  yield* opentracker.start(address, [infoHash])
  const ours = { ...request, infoHash: new Uint8Array(Buffer.from(infoHash, "hex")) }
  const { http } = opentracker.urls(address)
  const get = (query: string) =>
    Effect.promise(async () => new Uint8Array(await (await fetch(`${http}?${query}`)).arrayBuffer()))
  yield* get(AnnounceRequest.toQuery({ ...ours, port: 7000, left: 0 }))
  yield* keep("tracker-reply", "opentracker", yield* get(AnnounceRequest.toQuery(ours)))
  yield* keep("tracker-reply", "opentracker-refuses", yield* get(AnnounceRequest.toQuery(request)))
  yield* keep("announce-query", "ours", new TextEncoder().encode(AnnounceRequest.toQuery(ours)))
  const ask = (packet: UdpTracker.UdpRequest) =>
    Effect.promise(async () => {
      const socket = createSocket("udp4")
      const answer = once(socket, "message")
      socket.send(UdpTracker.fromRequest(packet), address.port, address.host)
      const [bytes] = (await answer) as [Uint8Array]
      socket.close()
      return new Uint8Array(bytes)
    })
  const connected = yield* ask({ _tag: "Connect", transactionId: 0x01020304 })
  yield* keep("udp-tracker", "opentracker-connected", new Uint8Array([0, ...connected]))
  const { connectionId } = Result.getOrThrow(UdpTracker.toResponse(connected, "IPv4")) as { connectionId: bigint }
  const announce: UdpTracker.UdpRequest = {
    _tag: "Announce",
    transactionId: 5,
    connectionId,
    request: ours,
    path: "/announce",
  }
  yield* keep("udp-tracker", "opentracker-announced", new Uint8Array([0, ...(yield* ask(announce))]))
  yield* keep("udp-tracker", "ours", new Uint8Array([2, ...UdpTracker.fromRequest(announce)]))
})

const main = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-seeds-" })
  const sources = yield* writeContent(folder)
  yield* recordTorrents(sources, folder)
  yield* recordTracker("00112233445566778899aabbccddeeff00112233")
  for (const client of [transmission, aria2, libtorrent, rtorrent, webtorrent]) {
    yield* Effect.log(client.name)
    yield* Effect.scoped(recordPeer(client, sources[0], folder))
  }
})

await Effect.runPromise(main.pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
