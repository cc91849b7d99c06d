/**
 * Swarms as they come about with real peers at full speed: many links that are lost, chosen again and verified at the same time. Plain data, so a property can make them up and shrink
 * them, and one that was found once stays as it is.
 */
import { Script } from "@unchoke/testkit"
import { Schema } from "effect"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "@unchoke/engine"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** What a peer does each time it is dialled. */
export const Peer = Schema.TaggedUnion({
  Good: {},
  /** Hangs up after so many blocks. */
  Drop: { blocks: within(1, 40) },
  /** All that it sends is wrong. */
  SpoilAll: {},
  /** Every so-manieth block is wrong. */
  Spoil: { every: within(2, 40) },
  /** The same, and it hangs up after so many. */
  SpoilAndDrop: { every: within(1, 12), blocks: within(1, 40) },
  /** Sends each block twice. */
  Repeat: {},
  Stall: { blocks: within(0, 20) },
  /** Sends a block every so many seconds. */
  Trickle: { seconds: within(1, 19) },
  /** Sends a block, and chokes for so many seconds. */
  FlipFlop: { seconds: within(1, 40) },
  /** Chokes us once, after so many blocks. */
  Choke: { blocks: within(0, 30), seconds: within(1, 30) },
  /** Hangs up after one block, which takes it so many milliseconds. */
  Tease: { milliseconds: within(0, 3000) },
  /** Says, after so many blocks, that it has nothing. */
  TakeBack: { blocks: within(0, 20) },
  /** Good, but takes so many seconds to unchoke us. */
  Late: { seconds: within(1, 11) },
  NeverUnchoke: {},
  Dead: {},
})
export type Peer = typeof Peer.Type

export const Swarm = Schema.Struct({
  pieces: within(1, 40),
  blocksPerPiece: within(1, 12),
  /** How many pieces can be in memory at once. */
  buffers: within(1, 6),
  /** Milliseconds until a piece has its verdict. */
  verdict: Schema.Literals([0, 0, 1, 50, 700, 3000]),
  strategy: Schema.Literals(["swarm", "race", "sequence"]),
  links: Schema.Literals([1, 1, 2, 4, 20]),
  /** Everybody but the last one, who is good, or good until it hangs up. */
  peers: Schema.Array(Peer).check(Schema.isMaxLength(7)),
  last: Schema.Union([Peer.cases.Good, Peer.cases.Drop, Peer.cases.Late]),
})
export type Swarm = typeof Swarm.Type

/** Whether it ever sends what is not the torrent's. */
export const spoils = ({ _tag }: Peer): boolean => _tag.startsWith("Spoil")

/** Whether it breaks the protocol. */
export const isHonest = (peer: Peer): boolean => !spoils(peer) && peer._tag !== "TakeBack"

/** Who was given up for what it sent, by name. */
export const condemned = (events: ReadonlyArray<DownloadEvent>): ReadonlyArray<string> =>
  events.flatMap((event) =>
    "error" in event && (event.error._tag === "CorruptPiece" || event.error._tag === "ProtocolViolation")
      ? [NetAddress.formatInet(event.error.peer)]
      : [],
  )

export const scriptOf = (peer: Peer, pieces: number): Script.Script => {
  switch (peer._tag) {
    case "Good":
      return Script.good
    case "Drop":
      return Script.dropAfter(peer.blocks)
    case "SpoilAll":
      return Script.corrupting(...Array.from({ length: pieces }, (_, piece) => piece))
    case "Spoil":
      return Script.spoilingEvery(peer.every)
    case "SpoilAndDrop":
      return Script.spoilAndDrop(peer.blocks, peer.every)
    case "Repeat":
      return Script.repeating(2)
    case "Stall":
      return Script.stallAfter(peer.blocks)
    case "Trickle":
      return Script.trickling(peer.seconds * 1000)
    case "FlipFlop":
      return Script.flipFlop(peer.seconds * 1000)
    case "Choke":
      return Script.chokeAfter(peer.blocks, peer.seconds * 1000)
    case "Tease":
      return Script.teasing(peer.milliseconds)
    case "TakeBack":
      return Script.takeBackAfter(peer.blocks)
    case "Late":
      return Script.unchokeAfter(peer.seconds * 1000)
    case "NeverUnchoke":
      return Script.neverUnchoke
    case "Dead":
      return Script.blackhole
  }
}

const peers = (count: number, peer: Peer): ReadonlyArray<Peer> => Array.from({ length: count }, () => peer)
const swarm = (changes: Partial<Swarm>): Swarm => ({
  pieces: 24,
  blocksPerPiece: 4,
  buffers: 4,
  verdict: 50,
  strategy: "race",
  links: 1,
  peers: [],
  last: { _tag: "Good" },
  ...changes,
})

/** Those that were met, in small. */
export const known: Readonly<Record<string, Swarm>> = {
  "a seeder that hangs up again and again, and slow verdicts": swarm({
    pieces: 40,
    last: { _tag: "Drop", blocks: 30 },
    verdict: 700,
  }),
  "a seeder that hangs up before a piece is whole": swarm({
    blocksPerPiece: 12,
    last: { _tag: "Drop", blocks: 5 },
  }),
  "one that hangs up after each block": swarm({
    pieces: 27,
    blocksPerPiece: 6,
    buffers: 1,
    verdict: 0,
    last: { _tag: "Drop", blocks: 1 },
  }),
  "three that spoil everything, large pieces, and a good one": swarm({
    buffers: 3,
    blocksPerPiece: 12,
    peers: peers(3, { _tag: "SpoilAll" }),
  }),
  "two hundred that spoil, and a good one": swarm({ peers: peers(200, { _tag: "SpoilAll" }) }),
  "one wrong block in each of four pieces, then it hangs up": swarm({
    blocksPerPiece: 12,
    peers: [{ _tag: "SpoilAndDrop", blocks: 40, every: 12 }],
  }),
  "two that spoil and a good one": swarm({ peers: peers(2, { _tag: "Spoil", every: 5 }), links: 2 }),
  "ten that spoil and ten good ones": swarm({
    peers: [...peers(10, { _tag: "Spoil", every: 3 }), ...peers(9, { _tag: "Good" })],
    links: 4,
  }),
  "everything twice": swarm({ peers: [], last: { _tag: "Good" }, pieces: 8 }),
  "four that stall in front of a good one": swarm({ peers: peers(4, { _tag: "Stall", blocks: 2 }) }),
  "fifty that stall in front of a good one": swarm({ peers: peers(50, { _tag: "Stall", blocks: 0 }) }),
  "a block every 19 s in front of a good one": swarm({ peers: peers(4, { _tag: "Trickle", seconds: 19 }) }),
  "unchoking and choking in turns in front of a good one": swarm({
    peers: peers(4, { _tag: "FlipFlop", seconds: 10 }),
  }),
  "one that hangs up after a block, and a good one that takes its time to unchoke": swarm({
    pieces: 40,
    peers: [{ _tag: "Tease", milliseconds: 900 }],
    last: { _tag: "Late", seconds: 3 },
  }),
  "forty that give a block every three seconds in front of a good one": swarm({
    pieces: 40,
    blocksPerPiece: 8,
    peers: peers(40, { _tag: "Trickle", seconds: 3 }),
    last: { _tag: "Late", seconds: 1 },
  }),
  "three that hold every buffer in front of a good one": swarm({
    blocksPerPiece: 100,
    pieces: 6,
    buffers: 3,
    peers: peers(3, { _tag: "Trickle", seconds: 3 }),
    last: { _tag: "Late", seconds: 1 },
  }),
  "in sequence, a trickler before one that hung up": swarm({
    pieces: 40,
    strategy: "sequence",
    peers: [{ _tag: "Drop", blocks: 30 }],
    last: { _tag: "Drop", blocks: 31 },
  }),
  "five that take back what they had": swarm({ peers: peers(5, { _tag: "TakeBack", blocks: 3 }) }),
  "one honest peer that hangs up in the middle of a piece, and a liar that does": swarm({
    pieces: 1,
    blocksPerPiece: 100,
    peers: [{ _tag: "SpoilAndDrop", blocks: 1, every: 1 }],
    last: { _tag: "Drop", blocks: 20 },
  }),
  "a piece that is begun anew by one who still owes blocks of the last attempt": swarm({
    pieces: 1,
    blocksPerPiece: 7,
    buffers: 6,
    verdict: 0,
    peers: [
      { _tag: "Trickle", seconds: 8 },
      { _tag: "SpoilAndDrop", every: 2, blocks: 5 },
      { _tag: "Repeat" },
      { _tag: "Tease", milliseconds: 1262 },
      { _tag: "SpoilAndDrop", every: 5, blocks: 20 },
      { _tag: "FlipFlop", seconds: 18 },
      { _tag: "SpoilAll" },
    ],
    last: { _tag: "Late", seconds: 5 },
  }),
  "only one that sends everything twice": swarm({ peers: [{ _tag: "Repeat" }], last: { _tag: "Drop", blocks: 1 } }),
}
