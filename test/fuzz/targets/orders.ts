/** What a peer asks us for, message by message, held to a list: the same answers, the same turns, never more than there is room for. */
import { Geometry, PeerMessage } from "@unchoke/protocol"
import { longestOrder, mostOrders, Orders } from "@unchoke/engine/internal"
import { check, checkSame } from "../oracles/check.ts"
import * as CutStream from "../oracles/CutStream.ts"
import { OrdersModel } from "../oracles/OrdersModel.ts"
import { peerMessages } from "./peer-messages.ts"
import type { Target } from "./Target.ts"

const pieceLength = 1 << 18

export const orders: Target = {
  ...peerMessages,
  name: "orders",
  seedsOf: peerMessages.name,
  workPerByte: 500,
  samples: (seed) => [...peerMessages.samples(seed), ...conversations.map(PeerMessage.printAll).map(inTwoPieces)],
  run: (bytes) => {
    const { pieces, stream } = CutStream.fromBytes(bytes)
    const geometry = Geometry.make(pieceLength, (pieces - 1) * pieceLength + 100_001)
    const world = new World(geometry)
    for (const frame of CutStream.frames(stream, pieces).frames) {
      const message = PeerMessage.parse(frame)
      if (typeof message !== "string") world.hear(message)
    }
    world.drain()
  },
}

/** Requests and cancels are the peer's; the other messages stand for what we do meanwhile. */
class World {
  readonly #orders: Orders
  readonly #model: OrdersModel
  readonly #geometry: Geometry.Geometry

  constructor(geometry: Geometry.Geometry) {
    const pieces = Array.from({ length: geometry.pieces }, (_, piece) => piece)
    const has = new Set(pieces.filter((piece) => piece % 3 !== 2))
    this.#geometry = geometry
    this.#orders = new Orders({ geometry, has: (piece) => has.has(piece) })
    this.#model = new OrdersModel(
      pieces.map((piece) => Geometry.pieceSize(geometry, piece)),
      has,
    )
  }

  hear(message: PeerMessage.PeerMessage): void {
    switch (message._tag) {
      case "Request": {
        const { begin, length, piece } = message
        checkSame(this.#orders.take(message), this.#model.take({ piece, begin, length }), "another answer to a request")
        break
      }
      case "Cancel":
        checkSame(this.#orders.cancel(message), this.#model.cancel(message), "another answer to a cancel")
        break
      case "Have":
        this.#turn(message.piece)
        break
      case "AllowedFast":
        this.#orders.allowFast(message.piece)
        this.#model.fast.add(message.piece)
        break
      case "Choke":
        checkSame(this.#orders.choke(), this.#model.choke(), "others are rejected")
        break
      case "Unchoke":
        this.#orders.unchoke()
        this.#model.choked = false
        break
    }
    check(this.#orders.size === this.#model.held.length, "another number of orders", this.#orders.size)
    check(this.#orders.refused === this.#model.refused, "another number of refusals", this.#orders.refused)
    check(this.#orders.size <= mostOrders, "too many orders", this.#orders.size)
    check(this.#orders.isFlood === this.#model.inVain > 10_000, "a flood to one, not to the other")
  }

  drain(): void {
    while (this.#orders.size > 0) this.#turn(pieceLength)
    checkSame(this.#model.held, [], "an order was lost")
  }

  #turn(most: number): void {
    const bytes = this.#orders.nextBytes(most)
    const turn = this.#orders.next(most)
    checkSame(turn, this.#model.next(most), "another turn")
    check(turn.reduce((sum, { length }) => sum + length, 0) === bytes, "a turn of another size", bytes)
    for (const { begin, length, piece } of turn) {
      check(
        length > 0 && length <= longestOrder && begin + length <= Geometry.pieceSize(this.#geometry, piece),
        "bytes that are not there",
      )
    }
  }
}

/** The first eight bytes say how the stream is cut, and that there are two pieces. */
const inTwoPieces = (stream: Uint8Array): Uint8Array => new Uint8Array([1, 1, 2, 3, 5, 8, 13, 21, ...stream])

const request = (piece: number, begin: number, length: number): PeerMessage.PeerMessage => ({
  _tag: "Request",
  piece,
  begin,
  length,
})
const cancel = (piece: number, begin: number, length: number): PeerMessage.PeerMessage => ({
  _tag: "Cancel",
  piece,
  begin,
  length,
})
const blocks = Array.from({ length: 16 }, (_, block) => request(0, block * 16_384, 16_384))

const conversations: ReadonlyArray<ReadonlyArray<PeerMessage.PeerMessage>> = [
  [{ _tag: "Unchoke" }, ...blocks, cancel(0, 16_384, 16_384), { _tag: "Have", piece: 100_000 }, ...blocks],
  [{ _tag: "AllowedFast", piece: 1 }, ...blocks, request(1, 0, 16_384), request(1, 98_304, 1697), { _tag: "Choke" }],
  [{ _tag: "Unchoke" }, request(0, 1, 131_072), request(0, 1, 131_073), request(0, 1, 0), request(0, 131_072, 131_072)],
  [{ _tag: "Unchoke" }, ...Array.from({ length: 510 }, (_, begin) => request(0, begin, 7)), { _tag: "Choke" }],
  // Where one piece ends another begins.
  [{ _tag: "Unchoke" }, request(1, 0, 7), cancel(0, pieceLength, 7), request(0, pieceLength, 7)],
]
