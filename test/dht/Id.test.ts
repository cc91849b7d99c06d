import { assert, describe, it } from "@effect/vitest"
import { Id } from "@unchoke/dht/internal"
import { Schema } from "effect"
import { endpoint, publicEndpoint, randomFrom, Seed } from "./chance.ts"

describe("Id", () => {
  // The table of BEP 42: the first 21 bits and the last byte count.
  it.each([
    ["124.31.75.21", "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401"],
    ["21.75.31.124", "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256"],
    ["65.23.51.170", "a5d43220bc8f112a3d426c84764f8c2a1150e616"],
    ["84.124.73.14", "1b0321dd1bb1fe518101ceef99462b947a01ff41"],
    ["43.213.53.83", "e56f6cbf5b7c4be0237986d5243b87aa6d51305a"],
  ])("at %s the BEP's example is valid, and one whose first bit differs is not", (address, hex) => {
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"))
    const at = endpoint(`${address}:6881`)
    assert.isTrue(Id.isValidAt(Id.fromBytes(bytes)!, at))
    bytes[0]! ^= 0x80
    assert.isFalse(Id.isValidAt(Id.fromBytes(bytes)!, at))
  })

  it.each(["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.0.1"])(
    "at %s every id is valid",
    (address) => {
      assert.isTrue(Id.isValidAt(Id.random(randomFrom(1)), endpoint(`${address}:6881`)))
    },
  )

  it.prop("an id made for an address is valid there, and hardly ever elsewhere", [Seed], ([seed]) => {
    const random = randomFrom(seed)
    const here = publicEndpoint(random)
    const id = Id.fromAddress(here, random)
    assert.isTrue(Id.isValidAt(id, here))
    const elsewhere = Array.from({ length: 8 }, () => publicEndpoint(random)).filter((other) => Id.isValidAt(id, other))
    assert.isBelow(elsewhere.length, 2)
  })

  it.prop(
    "an id that shares so many bits shares exactly so many; the nearer one shares more",
    [Seed, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 158 }))],
    ([seed, shared]) => {
      const random = randomFrom(seed)
      const id = Id.random(random)
      const near = Id.sharing(id, shared + 1, random)
      const far = Id.sharing(id, shared, random)
      assert.strictEqual(Id.sharedBits(id, far), shared)
      assert.strictEqual(Id.sharedBits(near, id), shared + 1)
      assert.isBelow(Id.compare(id, near, far), 0)
      assert.isAbove(Id.compare(id, far, near), 0)
      assert.strictEqual(Id.compare(id, far, far), 0)
      assert.strictEqual(Id.fromBytes(Id.toBytes(id)), id)
    },
  )
})
