/** Several torrents at once from one real client. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { join } from "node:path"
import { libtorrent } from "./clients/libtorrent.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { transmissionCreate } from "./creators/transmissionCreate.ts"
import * as Swarm from "./Swarm.ts"
import { unchoke } from "./unchoke.ts"
import { whenInstalled } from "./whenInstalled.ts"

const creators = [mktorrent, transmissionCreate]
const tools = [...libtorrent.tools, ...creators.flatMap((creator) => creator.tools), ...Swarm.tools]

whenInstalled("several torrents at once", tools, () => {
  layer(Swarm.layer(libtorrent, creators).pipe(Layer.provideMerge(NodeServices.layer)), {
    excludeTestServices: true,
    timeout: "60 seconds",
  })("several torrents at once", (it) => {
    it.effect("each comes whole, two at a time, and one that is not there stops nobody", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { peer, samples } = yield* Swarm.Swarm
        assert.isAbove(samples.length, 2)
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-many-" })
        // What has the same names needs folders of its own.
        const byName = new Map(samples.map((sample) => [Object.keys(sample.expected)[0]!.split("/")[0], sample]))
        const list = join(folder, "list")
        yield* fs.writeFileString(list, [...byName.values()].map(({ files }) => files.both).join("\n"))
        const args = ["--list", list, join(folder, "none.torrent"), "--jobs", "2", "--output", join(folder, "out")]
        const { exitCode, stderr, stdout } = yield* unchoke(
          "download",
          ...args,
          "--peer",
          peer,
          "--no-tracker",
          "--no-dht",
          "--no-lsd",
        )
        assert.strictEqual(exitCode, 4, stdout + stderr)
        assert.include(stdout + stderr, `${byName.size} of ${byName.size + 1} torrents done, 1 failed`)
        const expected = Object.assign({}, ...Array.from(byName.values(), (sample) => sample.expected)) as Content.Tree
        assert.deepStrictEqual(yield* Content.read(join(folder, "out")), expected)
      }).pipe(Effect.scoped),
    )
  })
})
