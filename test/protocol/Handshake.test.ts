import { assert, describe, it } from "@effect/vitest"
import { Handshake } from "@unchoke/protocol"
import { Exit, Result, Schema } from "effect"

describe("Handshake", () => {
  it.prop("what is printed reads back as it was", [Handshake.Handshake], ([handshake]) => {
    const bytes = Schema.encodeSync(Handshake.FromBytes)(handshake)
    assert.strictEqual(bytes.length, 68)
    assert.deepStrictEqual(Schema.decodeUnknownExit(Handshake.FromBytes)(bytes), Exit.succeed(handshake))
  })

  it.prop(
    "any other byte in the greeting makes it a stranger's, at once",
    [Handshake.Handshake, Schema.Literals([0, 1, 10, 19])],
    ([handshake, at]) => {
      const bytes = Handshake.print(handshake)
      assert.isTrue(Handshake.isPrefix(bytes.subarray(0, at + 1)))
      bytes[at]! ^= 0x20
      assert.isFalse(Handshake.isPrefix(bytes.subarray(0, at + 1)))
      assert.isTrue(Result.isFailure(Handshake.parse(bytes)))
    },
  )

  it.prop(
    "the first 48 bytes tell which torrent it is about, and fewer do not",
    [Handshake.Handshake],
    ([handshake]) => {
      const bytes = Handshake.print(handshake)
      assert.deepStrictEqual(Handshake.infoHashIn(bytes.subarray(0, 48)), Result.succeed(handshake.infoHash))
      assert.isTrue(Result.isFailure(Handshake.infoHashIn(bytes.subarray(0, 47))))
    },
  )

  it("lies on the wire as in BEP 3, 5, 6 and 10", () => {
    const bytes = Handshake.print({
      infoHash: new Uint8Array(20).fill(1),
      peerId: new Uint8Array(20).fill(2),
      fast: true,
      extended: true,
      dht: false,
    })
    assert.strictEqual(new TextDecoder().decode(bytes.subarray(1, 20)), "BitTorrent protocol")
    assert.deepStrictEqual([...bytes.subarray(20, 28)], [0, 0, 0, 0, 0, 0x10, 0, 0x04])
    assert.deepStrictEqual([bytes[28], bytes[47], bytes[48], bytes[67]], [1, 1, 2, 2])
  })

  it("refuses one that is too short", () => {
    assert.isTrue(Result.isFailure(Handshake.parse(new Uint8Array(67))))
  })
})
