/** Swarms of several makes, ours in the midst of them. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { NetAddress } from "effect/net"
import { aria2 } from "./clients/aria2.ts"
import type { Client } from "./clients/Client.ts"
import { callers, everyone } from "./clients/everyone.ts"
import { libtorrent } from "./clients/libtorrent.ts"
import { rtorrent } from "./clients/rtorrent.ts"
import { transmission, withSlots } from "./clients/transmission.ts"
import { webtorrent } from "./clients/webtorrent.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import { whenInstalled } from "./whenInstalled.ts"

const { MiB } = Ground

/** Many sessions of libtorrent, each at an address of its own. */
const host = (n: number) => `127.0.6.${n + 1}`

const mixtures = [
  mixture(libtorrent, [aria2, rtorrent]),
  mixture(aria2, [transmission, webtorrent]),
  mixture(transmission, [libtorrent, rtorrent]),
]

function mixture(seed: Client, leechers: ReadonlyArray<Client>) {
  return { seed, leechers, names: leechers.map(({ name }) => name).join(", ") }
}

whenInstalled("swarms", [...Ground.tools, ...everyone.flatMap(({ tools }) => tools)], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("swarms", (it) => {
    it.effect.each(mixtures)(
      "$seed.name alone has everything, and three of different makes want it: $names and ours",
      (mixture) =>
        Effect.gen(function* () {
          const ground = yield* Ground.make({ size: 12 * MiB })
          yield* ground.join(mixture.seed, { has: "all", uploadLimit: 2 * MiB })
          const others = yield* Effect.forEach(mixture.leechers, (client) => ground.join(client, { has: "nothing" }))
          const port = yield* freePort("127.0.0.1")
          const folder = yield* ground.folder("nothing")
          const ours = yield* ground.ours("download", { folder, port }, "--seed")
          yield* ours.until("the whole content", ({ _tag }) => _tag === "Done")
          assert.isTrue(yield* ground.isComplete(folder))
          for (const other of others) yield* other.complete
          yield* ours.untilSent(1)
          assert.strictEqual(yield* ours.interrupt, 130)
          const told = ground.told(port)
          assert.deepStrictEqual(
            told.map(({ event }) => event).filter((event) => event !== "none"),
            ["started", "completed", "stopped"],
          )
          const last = told.at(-1)!
          assert.strictEqual(last.left, 0)
          assert.isAtLeast(last.downloaded, ground.size)
          assert.isAtLeast(last.uploaded, ours.sum("Sent"))
        }),
    )

    it.effect("ten have two fifths each and nobody has everything: all are complete in the end", () =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size: 16 * MiB })
        // Otherwise they may have all of each other before anybody asks us.
        const oursAlone = (piece: number) => piece % 16 === 15
        // 3 and 10 have no common divisor: each piece is with four of them, and no two have the same.
        const tenth = (n: number) => (piece: number) => !oursAlone(piece) && (3 * piece + n) % 10 < 4
        const ten = yield* ground.joinMany(
          Array.from({ length: 10 }, (_, n) => ({
            host: host(n),
            has: tenth(n),
            settings: { upload_rate_limit: MiB },
          })),
        )
        const folder = yield* ground.folder(oursAlone)
        const ours = yield* ground.ours("download", { folder, port: yield* freePort("127.0.0.1") }, "--seed")
        yield* ours.until("the whole content", ({ _tag }) => _tag === "Done")
        assert.isTrue(yield* ground.isComplete(folder))
        yield* ten.complete
        yield* ours.untilSent(1)
        const givers = Array.from({ length: 10 }, (_, n) => ours.sum("Received", `${host(n)}:`))
        assert.isAtLeast(givers.filter((bytes) => bytes > 0).length, 3)
      }),
    )

    it.effect.each(callers)("we know nobody: $name, which has everything, calls us", (client) =>
      Effect.gen(function* () {
        const port = yield* freePort("127.0.0.1")
        const us = NetAddress.inetAddressFromStringUnsafe(`127.0.0.1:${port}`)
        // All that the tracker tells anybody is our address.
        const ground = yield* Ground.make({ size: 16 * MiB, peers: [us] })
        const folder = yield* ground.folder("nothing")
        const ours = yield* ground.ours("download", { folder, port })
        yield* ground.join(client, { has: "all" })
        assert.strictEqual(yield* ours.ended, 0)
        assert.isTrue(yield* ground.isComplete(folder))
        assert.deepStrictEqual(
          ours.lines.flatMap(({ _tag, incoming }) => (_tag === "Joined" ? [incoming] : [])),
          [true],
        )
      }),
    )

    it.effect("a seed super-seeds (BEP 16): it says that it has nothing, then one piece after the other", () =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size: 16 * MiB })
        yield* ground.joinMany([{ host: host(0), has: "all", superSeeding: true }])
        const other = yield* ground.join(aria2, { has: "nothing" })
        const folder = yield* ground.folder("nothing")
        const ours = yield* ground.ours("download", { folder, port: yield* freePort("127.0.0.1") }, "--seed")
        yield* ours.until("the whole content", ({ _tag }) => _tag === "Done")
        assert.isTrue(yield* ground.isComplete(folder))
        yield* other.complete
      }),
    )

    it.effect("a peer serves only who serves him, and has six rivals who serve nobody", () =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size: 8 * MiB })
        const isFirstHalf = (piece: number) => piece < ground.size / Ground.pieceLength / 2
        // transmission: where libtorrent has a slot for one, either of the two best may get it.
        const trader = yield* ground.join(withSlots(1), { has: isFirstHalf })
        // Those whom it serves by chance are done with none of it before its next round.
        const rivals = yield* ground.joinMany(
          Array.from({ length: 6 }, (_, n) => ({
            host: host(n),
            has: "nothing" as const,
            settings: { upload_rate_limit: 1024, download_rate_limit: 32 * 1024 },
          })),
        )
        const folder = yield* ground.folder((piece) => !isFirstHalf(piece))
        // Without a limit he had all that he wants of us before his next round, and nobody to thank.
        const options = { folder, port: yield* freePort("127.0.0.1") }
        const ours = yield* ground.ours("download", options, "--upload-limit", "128KiB")
        assert.strictEqual(yield* ours.ended, 0)
        assert.isTrue(yield* ground.isComplete(folder))
        const forUs = ours.sum("Received", trader.address)
        const forRivals = (yield* rivals.status).reduce((sum, { downloaded }) => sum + downloaded, 0)
        assert.isAbove(forUs, forRivals)
      }),
    )
  }),
)
