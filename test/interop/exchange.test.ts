/** Peers that are found through peers alone (BEP 11): libtorrent tells us, and we tell libtorrent. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { NetAddress } from "effect/net"
import { libtorrent } from "./clients/libtorrent.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import type { Ours } from "./Ours.ts"
import { whenInstalled } from "./whenInstalled.ts"

const size = 12 * Ground.MiB
const inet = NetAddress.inetAddressFromStringUnsafe

/** A session that exchanges, and calls from where it listens: what is told of it is true. */
const member = (n: number, has: Ground.Has, settings = {}) => {
  const host = `127.0.7.${n + 1}`
  return { host, has, exchanges: true, settings: { outgoing_interfaces: host, ...settings } }
}

/** Whom peers have named to us. */
const namedTo = ({ lines }: Ours) =>
  lines.flatMap(({ _tag, origin, peers }) =>
    _tag === "Named" && origin === "pex" && Array.isArray(peers) ? peers : [],
  )

whenInstalled("peer exchange", [...Ground.tools, ...libtorrent.tools], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("peer exchange", (it) => {
    it.effect(
      "we know one peer, who gives little, and it tells us of the two who give more",
      () =>
        Effect.gen(function* () {
          const known: Array<NetAddress.InetAddress> = []
          const ground = yield* Ground.make({ size, peers: known })
          // From it alone it would take six minutes.
          const hub = yield* ground.joinMany([member(0, "all", { upload_rate_limit: 32 * 1024 })])
          known.push(inet(hub.addresses[0]!))
          const half = (n: number) => (piece: number) => piece % 2 === n
          const others = yield* ground.joinMany([member(1, half(0)), member(2, half(1))])
          const folder = yield* ground.folder("nothing")
          const options = { folder, port: yield* freePort("127.0.0.1") }
          const ours = yield* ground.ours("download", options, "--no-tracker", "--peer", hub.addresses[0]!)
          // libtorrent tells of others once a minute, and has perhaps just done so.
          yield* ours.until("one of the others", ({ _tag, peer }) => _tag === "Joined" && peer !== hub.addresses[0])
          assert.strictEqual(yield* ours.ended, 0)
          assert.isTrue(yield* ground.isComplete(folder))
          assert.includeMembers([...namedTo(ours)], [...others.addresses])
        }),
      300_000,
    )

    it.effect("a leecher of theirs knows us alone, who give nothing, and we tell it of the one who has all", () =>
      Effect.gen(function* () {
        const port = yield* freePort("127.0.0.1")
        // All that the tracker tells anybody is our address.
        const ground = yield* Ground.make({ size, peers: [inet(`127.0.0.1:${port}`)] })
        const seed = yield* ground.joinMany([member(0, "all")])
        const folder = yield* ground.folder("nothing")
        // Slow enough to be there until the end.
        const limits = ["--upload-limit", "0", "--download-limit", "16KiB"]
        const ours = yield* ground.ours("download", { folder, port }, "--peer", seed.addresses[0]!, ...limits)
        yield* ours.until("the one who has all", ({ _tag }) => _tag === "Joined")
        const leecher = yield* ground.joinMany([member(1, "nothing")])
        yield* leecher.complete
        assert.strictEqual(ours.sum("Sent"), 0)
      }),
    )
  }),
)
