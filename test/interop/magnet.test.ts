/** A link alone: ours is told by each of the others what the torrent is, and tells each of them. The description has two parts. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { everyone, callers } from "./clients/everyone.ts"
import { libtorrent } from "./clients/libtorrent.ts"
import { transmission } from "./clients/transmission.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import { whenInstalled } from "./whenInstalled.ts"

const size = 32 * Ground.MiB
const ground = Ground.make({ size, pieceLength: 32 * 1024 })

const alone = ["--no-lsd", "--no-pex"]

/** The link without its tracker. */
const bare = (link: string): string => link.replaceAll(/&tr=[^&]*/g, "")

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1))

whenInstalled("magnet", [...Ground.tools, ...everyone.flatMap(({ tools }) => tools)], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("by a link", (it) => {
    it.effect.each(everyone.flatMap((client) => (["tracker", "x.pe"] as const).map((way) => ({ client, way }))))(
      "$client.name tells us what it is, found by its $way",
      ({ client, way }) =>
        Effect.gen(function* () {
          const { folder, isComplete, join, link, ours, told } = yield* ground
          const theirs = yield* join(client, { has: "all" })
          const port = yield* freePort("127.0.0.1")
          // Transmission announces itself before it has looked at what it has.
          yield* Effect.repeat(
            Effect.delay(
              Effect.sync(() => told(portOf(theirs.address)).some(({ left }) => left === 0)),
              100,
            ),
            { until: (complete) => complete },
          ).pipe(Effect.timeout("30 seconds"))
          const output = yield* folder("nothing")
          const torrent = way === "tracker" ? link : `${bare(link)}&x.pe=${theirs.address}`
          const us = yield* ours("download", { folder: output, port, torrent }, ...alone)
          assert.strictEqual(yield* us.ended, 0, us.lines.map((line) => JSON.stringify(line)).join("\n"))
          assert.isTrue(yield* isComplete(output))
          const dials = us.lines.filter(({ _tag, peer }) => _tag === "Dialling" && peer === theirs.address)
          assert.strictEqual(dials.length, 1, "it was called again")
          assert.isTrue(us.lines.some(({ _tag }) => _tag === "Described"))
        }),
    )

    it.effect.each(callers)("we tell $name, which calls us", (client) =>
      Effect.gen(function* () {
        const { folder, join, ours } = yield* ground
        const port = yield* freePort("127.0.0.1")
        const us = yield* ours("seed", { folder: yield* folder("all"), port }, ...alone)
        yield* us.until("an answer of the tracker", ({ _tag }) => _tag === "SourceAnswered")
        const theirs = yield* join(client, { has: "nothing", byLink: true })
        yield* theirs.complete
        assert.strictEqual(yield* us.interrupt, 130)
      }),
    )

    it.effect("libtorrent, which calls us when we know nobody, tells us what it is", () =>
      Effect.gen(function* () {
        const { folder, isComplete, join, link, ours } = yield* ground
        const output = yield* folder("nothing")
        const us = yield* ours(
          "download",
          { folder: output, port: yield* freePort("127.0.0.1"), torrent: link },
          ...alone,
        )
        yield* us.until("that nobody is known", ({ _tag }) => _tag === "Waiting")
        yield* join(libtorrent, { has: "all" })
        assert.strictEqual(yield* us.ended, 0, us.lines.map((line) => JSON.stringify(line)).join("\n"))
        assert.isTrue(yield* isComplete(output))
        assert.isFalse(us.lines.some(({ _tag }) => _tag === "Dialling"))
      }),
    )

    it.effect("we tell transmission, which we call", () =>
      Effect.gen(function* () {
        const { folder, join, ours } = yield* ground
        const theirs = yield* join(transmission, { has: "nothing", byLink: true })
        const port = yield* freePort("127.0.0.1")
        yield* ours("seed", { folder: yield* folder("all"), port }, ...alone)
        yield* theirs.complete
      }),
    )

    it.effect("ours tells ours, which tells ours", () =>
      Effect.gen(function* () {
        const { folder, isComplete, link, ours } = yield* ground
        const [one, other, third] = [yield* folder("all"), yield* folder("nothing"), yield* folder("nothing")]
        const seed = yield* freePort("127.0.0.1")
        yield* ours("seed", { folder: one, port: seed }, "--no-tracker", ...alone)
        const middle = yield* freePort("127.0.0.1")
        const by = (port: number) => `${bare(link)}&x.pe=127.0.0.1:${port}`
        yield* ours("download", { folder: other, port: middle, torrent: by(seed) }, "--seed", ...alone)
        const last = yield* ours(
          "download",
          { folder: third, port: yield* freePort("127.0.0.1"), torrent: by(middle) },
          ...alone,
        )
        assert.strictEqual(yield* last.ended, 0, last.lines.map((line) => JSON.stringify(line)).join("\n"))
        assert.isTrue((yield* isComplete(third)) && (yield* isComplete(other)))
      }),
    )
  }),
)
