/** Several downloads of one program, as one embeds them: each is a stream of its own, over one `Unchoke`. */
import { assert, it } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { NodeUnchoke } from "@unchoke/node"
import { Effect, Result, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Unchoke } from "@unchoke/engine"

it.live("one fails, the others go on to their ends", () =>
  Effect.gen(function* () {
    const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-several-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true })))
    const scripts = [Script.good, Script.refuse, Script.unchokeAfter(200), Script.good]
    const contents = scripts.map((_, nth) =>
      Content.make({ name: `${nth}.bin`, files: 100_000 + nth, pieceLength: 16_384 }),
    )
    const swarms = yield* Effect.forEach(contents, (content, nth) =>
      LoopbackSwarm.start(content, [{ script: scripts[nth]!, client: "-TR3000-" }]),
    )
    const { download } = yield* Unchoke
    const ends = yield* Effect.forEach(
      contents,
      ({ torrent }, nth) =>
        Effect.result(
          Stream.runDrain(
            download(torrent, { folder, peers: swarms[nth]!.addresses, trackers: false, dht: false, lsd: false }),
          ),
        ),
      { concurrency: "unbounded" },
    )
    for (const [nth, end] of ends.entries()) {
      assert.strictEqual(Result.isSuccess(end), scripts[nth] !== Script.refuse)
      if (Result.isFailure(end)) assert.strictEqual(end.failure._tag, "NoSuitablePeer")
      else assert.deepStrictEqual(new Uint8Array(Fs.readFileSync(Path.join(folder, `${nth}.bin`))), contents[nth]!.data)
    }
  }).pipe(Effect.provide(NodeUnchoke.layerWith({ port: 0, dht: false, maxPeers: 4 })), Effect.scoped),
)
