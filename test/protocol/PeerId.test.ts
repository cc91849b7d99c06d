import { assert, describe, it } from "@effect/vitest"
import { PeerId } from "@unchoke/protocol"

const bytes = (text: string) => Uint8Array.from(text.padEnd(20, "x"), (letter) => letter.charCodeAt(0))

describe("PeerId", () => {
  for (const [id, client] of [
    ["-TR3000-", "Transmission 3.00"],
    ["-TR4050-", "Transmission 4.0.5"],
    ["-LT2080-", "libtorrent 2.0.8"],
    ["-lt0D80-", "rTorrent 0.13.8"],
    ["-qB4650-", "qBittorrent 4.6.5"],
    ["-UT3550-", "µTorrent 3.5.5"],
    ["-WW0208-", "WebTorrent 2.8"],
    ["-DE211s-", "Deluge 2.1.1.28"],
    ["M7-10-5--", "BitTorrent 7.10.5"],
    ["A2-1-36-0-", "aria2 1.36.0"],
    ["S58B-----", "Shadow 5.8.11"],
    ["S5.z-----", "Shadow 5.62.61"],
    ["-WW05x1-", "WebTorrent 0.5.33.1"],
    ["-ZZ1230-", "ZZ 1.2.3"],
  ] as const) {
    it(`${id} is ${client}`, () => {
      assert.strictEqual(PeerId.clientOf(bytes(id)), client)
    })
  }

  it("does not guess at what follows no convention", () => {
    assert.isUndefined(PeerId.clientOf(new Uint8Array(20)))
    assert.isUndefined(PeerId.clientOf(bytes("-\u0007\u001b[31-")))
  })

  it("ours is twenty bytes, names us, and is different each time", () => {
    const random = (seed: number) => Uint8Array.from({ length: 12 }, (_, i) => seed * 7 + i)
    const id = PeerId.make("0.1.0", random(1))
    assert.strictEqual(id.length, 20)
    assert.strictEqual(PeerId.clientOf(id), "unchoke 0.1.0")
    assert.notDeepEqual(id, PeerId.make("0.1.0", random(2)))
  })
})
