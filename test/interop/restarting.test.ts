/** Ours is interrupted in the middle, as by Ctrl-C, and started again: once as the one who downloads, once as the only seed. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { libtorrent } from "./clients/libtorrent.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import { whenInstalled } from "./whenInstalled.ts"

const { MiB, pieceLength } = Ground

whenInstalled("restarting", [...Ground.tools, ...libtorrent.tools], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("restarting", (it) => {
    it.effect("a download goes on where it was interrupted", () =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size: 16 * MiB })
        yield* ground.join(libtorrent, { has: "all", uploadLimit: 4 * MiB })
        const folder = yield* ground.folder("nothing")
        const port = yield* freePort("127.0.0.1")
        const first = yield* ground.ours("download", { folder, port })
        yield* first.until("a quarter", ({ stored = 0 }) => stored >= ground.size / pieceLength / 4)
        assert.strictEqual(yield* first.interrupt, 130)
        const kept = first.lines.at(-1)!.stored! * pieceLength
        const second = yield* ground.ours("download", { folder, port })
        assert.strictEqual(yield* second.ended, 0)
        assert.isTrue(yield* ground.isComplete(folder))
        // Nothing that was verified is fetched again.
        assert.isAtMost(second.sum("Received"), ground.size - kept)
        const told = ground.told(port)
        const turns = told.filter(({ event }) => event !== "none")
        assert.deepStrictEqual(
          turns.map(({ event }) => event),
          ["started", "stopped", "started", "completed", "stopped"],
        )
        assert.deepStrictEqual(
          turns.map(({ left }) => left),
          [ground.size, ground.size - kept, ground.size - kept, 0, 0],
        )
      }),
    )

    it.effect("a seed that comes back serves the rest", () =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size: 16 * MiB })
        const theirs = yield* ground.join(libtorrent, { has: "nothing" })
        const folder = yield* ground.folder("all")
        const port = yield* freePort("127.0.0.1")
        const limit = ["--upload-limit", "4MiB"]
        const first = yield* ground.ours("seed", { folder, port }, ...limit)
        yield* first.untilSent(ground.size / 4)
        assert.strictEqual(yield* first.interrupt, 130)
        const second = yield* ground.ours("seed", { folder, port }, ...limit)
        yield* theirs.complete
        assert.strictEqual(yield* second.interrupt, 130)
        const told = ground.told(port).filter(({ event }) => event !== "none")
        assert.deepStrictEqual(
          told.map(({ event, left }) => [event, left]),
          [
            ["started", 0],
            ["stopped", 0],
            ["started", 0],
            ["stopped", 0],
          ],
        )
        const [, one, , other] = told
        assert.isAtLeast(one!.uploaded + other!.uploaded, ground.size)
        assert.isBelow(other!.uploaded, ground.size)
      }),
    )
  }),
)
