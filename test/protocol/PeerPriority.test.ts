import { assert, describe, it } from "@effect/vitest"
import { PeerPriority } from "@unchoke/protocol"
import { Schema } from "effect"
import { NetAddress } from "effect/net"

const at = (address: string, port = 0) => NetAddress.inetAddressFromIpStringUnsafe(address, port)
const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Port = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))
const octets = (length: number) => Schema.Array(Byte).check(Schema.isMinLength(length), Schema.isMaxLength(length))
const Address = Schema.Union([octets(4), octets(16)])
const of = (octets: ReadonlyArray<number>, port: number) =>
  NetAddress.inetAddressUnsafe(NetAddress.ipFromInputUnsafe(Uint8Array.from(octets)), port)

describe("PeerPriority", () => {
  it("is BEP 40's", () => {
    assert.strictEqual(PeerPriority.between(at("123.213.32.10"), at("98.76.54.32")), 0xec2d7224)
    assert.strictEqual(PeerPriority.between(at("123.213.32.10"), at("123.213.32.234")), 0x99568189)
  })

  it("masks what two networks do not share", () => {
    const same = (one: [string, string], other: [string, string]) =>
      PeerPriority.between(at(one[0]), at(one[1])) === PeerPriority.between(at(other[0]), at(other[1]))
    // Other bits than those of 0x55 behind the first that differ do not count.
    assert.isTrue(same(["10.0.0.0", "11.0.0.0"], ["10.0.170.170", "11.0.0.0"]))
    assert.isFalse(same(["10.0.0.0", "11.0.0.0"], ["10.0.1.0", "11.0.0.0"]))
    assert.isFalse(same(["10.0.0.0", "10.0.7.0"], ["10.0.2.0", "10.0.7.0"]))
    assert.isTrue(same(["10.0.0.0", "10.0.7.0"], ["10.0.0.2", "10.0.7.0"]))
    assert.isFalse(same(["10.0.7.0", "10.0.7.9"], ["10.0.7.2", "10.0.7.9"]))
    assert.isTrue(same(["2001:db8::", "2001:db9::"], ["2001:db8:0:aaaa::", "2001:db9::"]))
    assert.isFalse(same(["2001:db8::", "2001:db9::"], ["2001:db8:2::", "2001:db9::"]))
    assert.isFalse(same(["2001:db8::", "2001:db8:0:100::"], ["2001:db8:0:200::", "2001:db8:0:100::"]))
    assert.isTrue(same(["2001:db8::", "2001:db8:0:100::"], ["2001:db8:0:aa::", "2001:db8:0:100::"]))
  })

  it.prop("both ends come to the same number, if any", [Address, Port, Address, Port], ([a, here, b, there]) => {
    const priority = PeerPriority.between(of(a, here), of(b, there))
    assert.strictEqual(priority, PeerPriority.between(of(b, there), of(a, here)))
    if (a.length === b.length) assert.isTrue(Number.isInteger(priority) && priority! >= 0 && priority! < 2 ** 32)
  })

  it.prop("of one address it is the ports that count", [Address, Port, Port], ([a, here, there]) => {
    const ports = [here, there].toSorted((a, b) => a - b)
    assert.strictEqual(
      PeerPriority.between(of(a, here), of(a, there)),
      PeerPriority.between(at("1.2.3.4", ports[0]), at("1.2.3.4", ports[1])),
    )
  })

  it("an IPv4 address in the disguise of IPv6 is what it is, and has no number with a real one", () => {
    assert.strictEqual(PeerPriority.between(at("::ffff:123.213.32.10"), at("98.76.54.32")), 0xec2d7224)
    assert.isUndefined(PeerPriority.between(at("123.213.32.10"), at("2001:db8::1")))
  })
})
