/** The proof that each real client needs: what every creator makes of every layout, found in every way, arrives byte by byte. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import type { Client } from "./clients/Client.ts"
import * as Content from "./Content.ts"
import type { Creator } from "./creators/Creator.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { transmissionCreate } from "./creators/transmissionCreate.ts"
import { whenInstalled } from "./whenInstalled.ts"
import * as Swarm from "./Swarm.ts"
import { unchoke } from "./unchoke.ts"

/** Torrents that any client can seed. */
export const creators: ReadonlyArray<Creator> = [mktorrent, transmissionCreate]

export const proves = (client: Client, creators: ReadonlyArray<Creator>) =>
  whenInstalled(
    client.name,
    [client, ...creators, Swarm].flatMap(({ tools }) => tools),
    () => {
      const swarm = Swarm.layer(client, creators).pipe(Layer.provideMerge(NodeServices.layer))
      layer(swarm, { excludeTestServices: true, timeout: "60 seconds" })(client.name, (it) => {
        it.effect.each(cases(creators))("$sample, found by $way", ({ sample, file, options }) =>
          Effect.gen(function* () {
            const { peer, sample: get } = yield* Swarm.Swarm
            const { files, expected } = yield* get(sample)
            const output = yield* emptyFolder
            const finished = yield* unchoke("download", files[file], "--output", output, ...options(peer))
            assert.strictEqual(finished.exitCode, 0, finished.stdout + finished.stderr)
            assert.deepStrictEqual(yield* Content.read(output), expected)
          }),
        )
      })
    },
  )

/** How the peer is found: which torrent to give, and the options beside it. */
const ways = [
  { way: "--peer", file: "both", options: (peer: string) => ["--peer", peer, "--no-tracker"] },
  { way: "its HTTP tracker", file: "http", options: () => [] },
  { way: "its UDP tracker", file: "udp", options: () => [] },
] as const

/** One way after the other, so that nobody calls for the same torrent twice in a row: transmission takes half a second to see that we left. */
const cases = (creators: ReadonlyArray<Creator>) =>
  ways.flatMap((way) =>
    creators.flatMap((creator) =>
      Swarm.layouts.map((layout) => ({ sample: Swarm.sampleName(creator, layout), ...way })),
    ),
  )

const emptyFolder = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "unchoke-download-" }),
)
