/** What a peer has told us, held to the plainest account of it: a set of numbers and four facts. */
import { Bitfield, ExtendedHandshake, PeerMessage, PeerState } from "@unchoke/protocol"
import { Result } from "effect"
import { check, checkSame, isCount, sameBytes } from "../oracles/check.ts"
import * as CutStream from "../oracles/CutStream.ts"
import { peerMessages } from "./peer-messages.ts"
import type { Target } from "./Target.ts"

export const peerState: Target = {
  ...peerMessages,
  name: "peer-state",
  seedsOf: peerMessages.name,
  workPerByte: 500,
  run: (bytes) => {
    const { pieces, stream } = CutStream.fromBytes(bytes)
    // A set of a whole torrent is made for each `have_all`: cheap here, but not in a model of plain sets.
    const messages = CutStream.frames(stream, pieces).frames.map(PeerMessage.parse).slice(0, 200)
    const model = new Model(pieces)
    let state = PeerState.initial(pieces)
    for (const message of messages) {
      if (typeof message === "string") return
      const wanted = model.hear(message)
      const next = PeerState.step(state, message)
      checkSame(Result.isFailure(next) ? next.failure._tag : undefined, wanted, "another verdict on a message")
      if (Result.isFailure(next)) {
        for (const number of Object.values(next.failure))
          check(typeof number !== "number" || isCount(number), "an odd number", next.failure)
        return
      }
      state = next.success
    }
    check(
      isCount(state.pieces.count, pieces) && state.pieces.count === model.pieces.size,
      "a wrong count",
      state.pieces.count,
    )
    check(PeerState.isComplete(state) === (model.pieces.size === pieces), "complete or not?")
    const { announced, choking, interested } = state
    checkSame({ announced, choking, interested }, { ...model.facts }, "other facts")
    checkSame(state.extended, model.extended, "another extended handshake")
    checkBits(state.pieces, model.pieces)
  },
}

class Model {
  readonly size: number
  pieces = new Set<number>()
  facts = { announced: false, choking: true, interested: false }
  extended: ExtendedHandshake.ExtendedHandshake | undefined

  constructor(size: number) {
    this.size = size
  }

  /** Takes a message in; says how it contradicts the torrent. */
  hear(message: PeerMessage.PeerMessage): string | undefined {
    switch (message._tag) {
      case "Choke":
      case "Unchoke":
        this.facts.choking = message._tag === "Choke"
        return undefined
      case "Interested":
      case "NotInterested":
        this.facts.interested = message._tag === "Interested"
        return undefined
      case "HaveAll":
        return this.#has(Array.from({ length: this.size }, (_, piece) => piece))
      case "HaveNone":
        return this.#has([])
      case "Have":
        if (message.piece >= this.size) return "NoSuchPiece"
        return this.#has([...this.pieces, message.piece])
      case "Bitfield": {
        if (message.bits.length !== Math.ceil(this.size / 8)) return "BitfieldLength"
        const bits = Array.from(message.bits, (byte) => byte.toString(2).padStart(8, "0")).join("")
        if (bits.slice(this.size).includes("1")) return "BitfieldSpareBit"
        return this.#has(Array.from(bits, (bit, piece) => (bit === "1" ? piece : -1)).filter((piece) => piece >= 0))
      }
      case "Extended":
        if (message.id === 0) this.extended = ExtendedHandshake.fromBytes(message.payload) ?? this.extended
        return undefined
      default:
        return undefined
    }
  }

  #has(pieces: ReadonlyArray<number>): undefined {
    this.pieces = new Set(pieces)
    this.facts.announced = true
  }
}

const checkBits = (bitfield: Bitfield.Bitfield, pieces: ReadonlySet<number>): void => {
  const bytes = bitfield.toBytes()
  const again = Result.getOrThrow(Bitfield.Bitfield.fromBytes(bytes, bitfield.size))
  check(sameBytes(again.toBytes(), bytes) && again.count === bitfield.count, "a set does not survive its bytes")
  const probes = [-1, 0, 1, 7, 8, bitfield.size - 1, bitfield.size, bitfield.size + 7, 0xffff_ffff, Number.NaN, 0.5]
  for (const piece of [...probes, ...[...pieces].slice(0, 20)]) {
    check(
      bitfield.has(piece) === pieces.has(piece) || !Number.isInteger(piece),
      "has a piece that was not announced",
      piece,
    )
  }
  if (bitfield.size > 3000) return
  const missing = Array.from({ length: bitfield.size }, (_, piece) => piece).filter((piece) => !pieces.has(piece))
  checkSame([...bitfield.missing()], missing, "other pieces are missing")
}
