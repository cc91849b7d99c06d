import { assert, describe, it } from "@effect/vitest"
import type { PeerMessage } from "@unchoke/protocol"
import { Talk } from "../../packages/engine/src/peer/Talk.ts"

const heard = (talk: Talk, message: PeerMessage.PeerMessage, most: number): number => {
  for (let count = 1; count <= most; count++) if (talk.hear(message) !== undefined) return count
  return Infinity
}

describe("Talk", () => {
  it("a large message counts by its bytes: a few MiB of nothing are enough", () => {
    const junk = { _tag: "Unknown", id: 99, payload: new Uint8Array(1 << 20) } as const
    assert.strictEqual(heard(new Talk(100), junk, 1000), 9)
  })

  it("a bitfield counts by what it makes us write, in a torrent of a million pieces too", () => {
    assert.isBelow(heard(new Talk(1_500_000), { _tag: "HaveAll" }, 10_000), 200)
  })

  it("a block in between does not make up for gigabytes", () => {
    const talk = new Talk(100)
    const junk = { _tag: "Unknown", id: 99, payload: new Uint8Array(1 << 20) } as const
    let blocks = 0
    while (heard(talk, junk, 1) === Infinity && blocks < 1000) {
      talk.forgive(1)
      blocks++
    }
    assert.isBelow(blocks, 12)
  })

  it("what honest peers say is nothing: a have for each piece, and some thousand words", () => {
    const talk = new Talk(1000)
    assert.strictEqual(heard(talk, { _tag: "Bitfield", bits: new Uint8Array(125) }, 1), Infinity)
    for (let piece = 0; piece < 1000; piece++) assert.isUndefined(talk.hear({ _tag: "Have", piece }))
    assert.strictEqual(heard(talk, { _tag: "KeepAlive" }, 10_000), Infinity)
  })

  it("a window of blocks that came too late is nothing either", () => {
    const block = { _tag: "Piece", piece: 0, begin: 0, block: new Uint8Array(16_384) } as const
    assert.strictEqual(heard(new Talk(10), block, 500), Infinity)
  })
})
