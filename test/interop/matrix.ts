/** The proof that each real client needs: what every creator makes of every layout, found in every way, arrives byte by byte. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema } from "effect"
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
            const { peer, samples } = yield* Swarm.Swarm
            const { files, expected } = samples.find(({ name }) => name === sample)!
            const output = yield* emptyFolder
            const finished = yield* unchoke("download", files[file], "--output", output, ...options(peer))
            assert.strictEqual(finished.exitCode, 0, finished.stdout + finished.stderr)
            assert.deepStrictEqual(yield* Content.read(output), expected)
          }),
        )

        it.effect("probe meets it under its own name", () =>
          Effect.gen(function* () {
            const { peer, samples } = yield* Swarm.Swarm
            const finished = yield* unchoke("probe", samples[0]!.files.both, ...given(peer), "--json")
            assert.strictEqual(finished.exitCode, 0, finished.stdout + finished.stderr)
            const met = yield* Schema.decodeUnknownEffect(Met)(
              finished.stdout.split("\n").find((line) => line.includes('"Passed"')),
            )
            assert.strictEqual(met.peer, peer)
            assert.isTrue(met.seen.client.startsWith(client.introduction), met.seen.client)
          }),
        )
      })
    },
  )

const given = (peer: string) => ["--peer", peer, "--no-tracker"]

/** How the peer is found: which torrent to give, and the options beside it. */
const ways = [
  { way: "--peer", file: "both", options: given },
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

/** The line in which `probe --json` says that a peer would give us the file. */
const Met = Schema.fromJsonString(
  Schema.Struct({
    _tag: Schema.Literal("Passed"),
    peer: Schema.String,
    seen: Schema.Struct({ client: Schema.String }),
  }),
)

const emptyFolder = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "unchoke-download-" }),
)
