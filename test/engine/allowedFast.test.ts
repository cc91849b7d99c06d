import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { NetAddress } from "effect/net"
import { allowedFast } from "@unchoke/engine/internal"

const address = NetAddress.ipFromStringUnsafe
const infoHash = new Uint8Array(20).fill(0xaa)
const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("allowedFast", () => {
  it.effect("is BEP 6's", () =>
    Effect.gen(function* () {
      const seven = [1059, 431, 808, 1217, 287, 376, 1188]
      assert.deepStrictEqual([...(yield* allowedFast(address("80.4.4.200"), infoHash, 1313, 7))], seven)
      assert.deepStrictEqual([...(yield* allowedFast(address("80.4.4.200"), infoHash, 1313, 9))], [...seven, 353, 508])
    }).pipe(Effect.provide(NodeCrypto.layerDigest)),
  )

  it.effect.prop(
    "ten pieces of the torrent's, or all of them; the same throughout a network of 256 addresses",
    [within(0, 255), within(0, 255), within(1, 60)],
    ([host, other, pieces]) =>
      Effect.gen(function* () {
        const set = yield* allowedFast(address(`192.0.2.${host}`), infoHash, pieces)
        assert.strictEqual(set.size, Math.min(10, pieces))
        for (const piece of set) assert.isTrue(Number.isInteger(piece) && piece >= 0 && piece < pieces)
        assert.deepStrictEqual(yield* allowedFast(address(`192.0.2.${other}`), infoHash, pieces), set)
        assert.deepStrictEqual(yield* allowedFast(address(`::ffff:192.0.2.${host}`), infoHash, pieces), set)
      }).pipe(Effect.provide(NodeCrypto.layerDigest)),
  )

  it.effect("another network has others, and IPv6 none", () =>
    Effect.gen(function* () {
      const here = yield* allowedFast(address("192.0.2.1"), infoHash, 100_000)
      const there = yield* allowedFast(address("192.0.3.1"), infoHash, 100_000)
      assert.notDeepEqual(here, there)
      assert.strictEqual((yield* allowedFast(address("2001:db8::1"), infoHash, 100_000)).size, 0)
    }).pipe(Effect.provide(NodeCrypto.layerDigest)),
  )
})
