/** Some of a torrent's files from real clients, then others of them, then all; and what libtorrent sees of who wants no more than it has (BEP 21). */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { libtorrent } from "./clients/libtorrent.ts"
import { transmission } from "./clients/transmission.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { freePort } from "./loopback.ts"
import * as Ours from "./Ours.ts"
import { options } from "./Process.ts"
import * as Swarm from "./Swarm.ts"
import { python } from "./Tool.ts"
import { unchoke } from "./unchoke.ts"
import { whenInstalled } from "./whenInstalled.ts"

const quiet = ["--no-tracker", "--no-dht", "--no-lsd"]

const emptyFolder = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "unchoke-choosing-" }),
)

/** Without what is remembered of an unfinished torrent. */
const filesIn = (folder: string) =>
  Effect.map(Content.read(folder), (tree) =>
    Object.fromEntries(Object.entries(tree).filter(([path]) => !path.includes(".unchoke"))),
  )

const ending = (tree: Content.Tree, ...ends: ReadonlyArray<string>): Content.Tree =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => ends.some((end) => path.endsWith(end))))

for (const client of [libtorrent, transmission]) {
  whenInstalled(`choosing from ${client.name}`, [...client.tools, ...mktorrent.tools, ...Swarm.tools], () => {
    const swarm = Swarm.layer(client, [mktorrent]).pipe(Layer.provideMerge(NodeServices.layer))
    layer(swarm, { excludeTestServices: true, timeout: "60 seconds" })(`choosing from ${client.name}`, (it) => {
      it.effect("some files, others beside them, and all in the end: what was fetched is not fetched again", () =>
        Effect.gen(function* () {
          const { peer, samples } = yield* Swarm.Swarm
          const { expected, files } = samples.find(({ name }) => name.startsWith("multi"))!
          const folder = yield* emptyFolder
          let fetched = 0
          const run = Effect.fnUntraced(function* (...choice: ReadonlyArray<string>) {
            const args = ["--output", folder, "--peer", peer, ...quiet, "--json"]
            const { exitCode, stderr, stdout } = yield* unchoke("download", files.both, ...args, ...choice)
            assert.strictEqual(exitCode, 0, stdout + stderr)
            const last = yield* Schema.decodeUnknownEffect(Last)(stdout.trim().split("\n").at(-1))
            fetched += last.downloaded
            const verified = yield* unchoke("verify", files.both, folder)
            assert.strictEqual(verified.exitCode, 0, verified.stdout)
          })
          yield* run("--files", "nested/", "--not", "*.bin")
          assert.deepStrictEqual(yield* filesIn(folder), ending(expected, "empty", "one byte"))
          yield* run("--files", "größe*", "--files", "z.bin")
          assert.deepStrictEqual(yield* filesIn(folder), ending(expected, "empty", "one byte", "大きさ.bin", "z.bin"))
          yield* run()
          assert.deepStrictEqual(yield* Content.read(folder), expected)
          const size = Object.values(expected).reduce((sum, file) => sum + Number(file.split(" ")[0]), 0)
          assert.strictEqual(fetched, size)
        }),
      )

      // libtorrent has given it before they meet.
      if (client === transmission)
        it.effect(
          "who has what it wants says that it only uploads, and is not interested",
          () =>
            Effect.gen(function* () {
              const fs = yield* FileSystem.FileSystem
              const { peer, samples } = yield* Swarm.Swarm
              const { files } = samples.find(({ name }) => name.startsWith("multi"))!
              const port = yield* freePort("127.0.0.1")
              const args = ["--output", yield* emptyFolder, "--port", String(port), "--peer", peer, ...quiet]
              // They are to know of nobody else: who has all of it is let go.
              const choice = ["--files", "größe*", "--seed", "--download-limit", "100KiB", "--no-pex"]
              const ours = yield* Ours.start("download", files.both, ...args, ...choice)
              yield* ours.until("that it listens", ({ _tag }) => _tag === "Listening")
              const theirs = join(yield* emptyFolder, "theirs")
              yield* fs.makeDirectory(theirs)
              const listen = `127.0.5.9:${yield* freePort("127.0.5.9")}`
              const command = [watch, files.both, theirs, listen, `127.0.0.1:${port}`]
              const watcher = yield* ChildProcess.make(python, command, options)
              const seen = Stream.decodeText(watcher.stdout).pipe(
                Stream.splitLines,
                Stream.mapEffect((line) => Schema.decodeUnknownEffect(Seen)(line)),
              )
              // Before all that we want is here we may want something of them; after it we do not, and say so once more.
              const views = yield* Stream.runCollect(
                Stream.takeUntil(seen, ({ has, interested, uploadOnly }) => uploadOnly && !interested && has > 0),
              )
              assert.isFalse(views[0]!.uploadOnly, "it was not complete when they met")
              // The pieces in which the file lies, of 31.
              assert.isBelow(views.at(-1)!.has, 31)
              assert.strictEqual(yield* ours.interrupt, 130)
            }),
          180_000,
        )
    })
  })
}

const watch = fileURLToPath(new URL("clients/libtorrent-watch.py", import.meta.url))

const Last = Schema.fromJsonString(Schema.Struct({ downloaded: Schema.Int }))

const Seen = Schema.fromJsonString(
  Schema.Struct({
    uploadOnly: Schema.Boolean,
    interested: Schema.Boolean,
    has: Schema.Int,
  }),
)
