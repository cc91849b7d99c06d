/** The assembled engine: a real download over TCP, onto real files, with a tracker that is not there. */
import { assert, describe, it } from "@effect/vitest"
import { NodeDialer, NodeUnchoke } from "@unchoke/node"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Dialer, Torrent, Unchoke } from "@unchoke/engine"

describe("NodeUnchoke", () => {
  it.live("downloads from the peer that serves, and says why the tracker did not help", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-node-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
      )
      const content = Content.make({
        name: "album",
        announce: "ftp://tracker.example/announce",
        files: [
          { path: ["one.flac"], length: 300_000 },
          { path: ["art", "cover.png"], length: 77_777 },
        ],
      })
      const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.hangUp }, { script: Script.good }])
      const torrent = yield* Torrent.fromBytes(content.bytes)
      assert.deepStrictEqual(torrent.infoHash, content.torrent.infoHash)
      const { download, verify } = yield* Unchoke
      const events = yield* Stream.runCollect(download(torrent, { folder, peers: swarm.addresses }))
      assert.strictEqual(events.at(-1)?._tag, "Done")
      const answered = events.filter((event) => event._tag === "SourceAnswered").map(({ asked }) => asked)
      assert.isTrue(
        answered.some((asked) => JSON.stringify(asked).includes("ftp://tracker.example")),
        JSON.stringify(answered),
      )
      const written = ["one.flac", "art/cover.png"].map((name) => Fs.readFileSync(Path.join(folder, "album", name)))
      assert.isTrue(Buffer.concat(written).equals(content.data))
      const checked = yield* Stream.runCollect(verify(torrent, folder))
      assert.isTrue(checked.every(({ present }) => present))
    }).pipe(Effect.provide(NodeUnchoke.layer)),
  )

  it.live(
    "layerPlatform is what the engine needs, and a program of it; a port that is given to layerOver takes the place of Node's",
    () =>
      Effect.gen(function* () {
        const content = Content.make({ files: 100_000 })
        const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.good }])
        const dialled: Array<string> = []
        const counting = Layer.effect(
          Dialer,
          Effect.map(Dialer, ({ dial }) => ({
            dial: (peer, errand) => {
              dialled.push(NetAddress.formatInet(peer))
              return dial(peer, errand)
            },
          })),
        ).pipe(Layer.provide(NodeDialer.layer))
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-layers-"))),
          (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true })),
        )
        const file = Path.join(folder, "content.torrent")
        Fs.writeFileSync(file, content.bytes)
        const ask = Effect.gen(function* () {
          const { probe } = yield* Unchoke
          return yield* probe(yield* Torrent.fromFile(file), swarm.addresses[0]!)
        })
        const plain = yield* Effect.provide(ask, Layer.provideMerge(Unchoke.layer, NodeUnchoke.layerPlatform))
        assert.deepStrictEqual([plain.have, dialled], [content.torrent.geometry.pieces, []])
        yield* Effect.provide(ask, NodeUnchoke.layerOver(counting))
        assert.deepStrictEqual(dialled, swarm.addresses.map(NetAddress.formatInet))
      }).pipe(Effect.scoped),
  )
})
