/** A small language for what a peer does, step by step. Plain data, times in milliseconds: a property can make scripts up, and shrink them. */
import { Duration, Schema } from "effect"

const Index = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
const Indices = Schema.Array(Index)
const Milliseconds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 }))

/** The steps of a script, by `_tag`; a schema, so that properties can make scripts up. */
export const Step = Schema.TaggedUnion({
  /** Does nothing for so long. */
  Wait: { ms: Milliseconds },
  /** From here on, sends at most so many bytes at a time. */
  Dribble: { bytes: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_536 })) },
  /** From here on, hangs up when it has not heard anything for so long: honest clients wait for two minutes (BEP 3). */
  HangUpOnSilence: { ms: Milliseconds },
  /** Waits for our handshake. */
  AwaitHandshake: {},
  /** Sends its handshake: as it should be, for another torrent, with our own peer id, the first half of it, or none of BitTorrent's. */
  Handshake: { kind: Schema.Literals(["right", "wrong hash", "our own id", "half", "not BitTorrent"]) },
  /** Sends an extended handshake with this client name; one that speaks peer exchange (BEP 11), where it says so. */
  Extended: { client: Schema.String, exchanges: Schema.optional(Schema.Boolean) },
  /** Tells of these peers (BEP 11), as `host:port`, in so many messages that are all the same (one, unless given). */
  Name: { peers: Schema.Array(Schema.String), times: Schema.optional(Index) },
  /**
   * Sends an extended handshake that offers the torrent's description (BEP 9), of so many bytes (as many as it has, unless given), and from here on answers who asks for it: with what is true, with what
   * is not (all of it, or every other part), with a refusal, with something else, a byte short, with another length of the whole, or never. After so many answers, where that is given, it says nothing more.
   */
  Describe: {
    answers: Schema.Literals([
      "true",
      "false",
      "half false",
      "reject",
      "garbage",
      "a byte short",
      "another length",
      "nothing",
    ]),
    size: Schema.optional(Schema.Int),
    times: Schema.optional(Index),
    pause: Schema.optional(Milliseconds),
  },
  /** Sends a bitfield without these pieces. */
  Bitfield: { missing: Indices },
  /** Sends a bitfield that is not one: a byte too long, or with a spare bit set. */
  BadBitfield: { kind: Schema.Literals(["length", "spare"]) },
  HaveAll: {},
  HaveNone: {},
  Have: { piece: Index },
  /** Waits for our `interested`. */
  AwaitInterested: {},
  Choke: {},
  Unchoke: {},
  KeepAlive: {},
  /** Sends a message whose id means nothing. */
  Unknown: {},
  /** Sends a `have` that is a byte short. */
  Malformed: {},
  /** Sends the head of a message of 2 GiB. */
  TooLong: {},
  /** Sends bytes that mean nothing at all. */
  Garbage: {},
  /** Sends a block that nobody has asked for. */
  Unasked: {},
  /** Sends a block of a length that we never ask for. */
  Misshapen: {},
  /**
   * Answers requests: so many of them (all that will ever come, unless given), spoiling the blocks of the pieces named and every so-manieth one, each block so many times (once, unless
   * given) and after a pause.
   */
  Serve: {
    blocks: Schema.optional(Index),
    corrupt: Schema.optional(Indices),
    spoilEvery: Schema.optional(Index.check(Schema.isGreaterThan(0))),
    times: Schema.optional(Index),
    pause: Schema.optional(Milliseconds),
  },
  /** Rejects so many requests (BEP 6). */
  Reject: { requests: Index },
  /** Says the same for ever. */
  Flood: {
    of: Schema.Literals([
      "Have",
      "KeepAlive",
      "Choke, Unchoke",
      "Unknown",
      "Extended",
      "Neighbours",
      "Interested",
      "HaveAll",
      "HaveNone, HaveAll",
      "half a MiB of nothing",
      "blocks that nobody wants",
    ]),
  },
  /** Closes the connection. */
  HangUp: {},
  /** Resets the connection. */
  Reset: {},
})
/** One thing that a scripted peer does. */
export type Step = typeof Step.Type

/** What happens when we dial. */
export const Script = Schema.TaggedUnion({
  /** Nobody listens. */
  Refuse: {},
  /** Nobody answers, as behind a firewall. */
  Blackhole: {},
  /** Accepts, follows the steps, and then stays silent with the connection open. */
  Accept: {
    steps: Schema.Array(Step),
    /** Behind an encrypted handshake: only there, and plain words are hung up on; or there too (default: plain words only). */
    encryption: Schema.optional(Schema.Literals(["only", "too"])),
  },
})
/** How one peer behaves when it is dialled. */
export type Script = typeof Script.Type

const accept = (...steps: ReadonlyArray<Step>): Extract<Script, { readonly _tag: "Accept" }> => ({
  _tag: "Accept",
  steps,
})

const shakeHands: ReadonlyArray<Step> = [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }]
const complete: ReadonlyArray<Step> = [...shakeHands, { _tag: "Bitfield", missing: [] }]
const unchoking: ReadonlyArray<Step> = [...complete, { _tag: "AwaitInterested" }, { _tag: "Unchoke" }]

const wait = (time: Duration.Input): Step => ({ _tag: "Wait", ms: Duration.toMillis(time) })

/** The peers one meets. */
export const refuse: Script = { _tag: "Refuse" }
/** Nobody answers the call. */
export const blackhole: Script = { _tag: "Blackhole" }
/** Accepts, and closes at once. */
export const hangUp = accept({ _tag: "HangUp" })
/** Accepts, and resets the connection at once. */
export const reset = accept({ _tag: "Reset" })
/** Accepts, and says nothing. */
export const silent = accept()
/** Closes when it has read our handshake. */
export const hangUpOnHandshake = accept({ _tag: "AwaitHandshake" }, { _tag: "HangUp" })
/** Sends half of a handshake, and no more. */
export const halfHandshake = accept({ _tag: "Handshake", kind: "half" })
/** Answers with another protocol. */
export const notBitTorrent = accept({ _tag: "Handshake", kind: "not BitTorrent" })
/** Answers for another torrent. */
export const wrongHash = accept({ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "wrong hash" })
/** Answers with our own peer id. */
export const ourselves = accept({ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "our own id" })
/** Shakes hands, and says nothing more. */
export const silentAfterHandshake = accept(...shakeHands)
/** Has all but these pieces, and never unchokes us. */
export const incomplete = (...missing: ReadonlyArray<number>): Script =>
  accept(...shakeHands, { _tag: "Bitfield", missing })
/** Says which pieces it has in a bitfield of the wrong length. */
export const badBitfield = accept(...shakeHands, { _tag: "BadBitfield", kind: "length" })
/** Announces a frame that is longer than any message. */
export const tooLong = accept(...shakeHands, { _tag: "TooLong" })
/** Sends frames that are no messages. */
export const garbage = accept(...shakeHands, { _tag: "Garbage" })
/** Has everything, and never unchokes us. */
export const neverUnchoke = accept(...complete)

/** A seeder, as good as they come. */
export const good = accept(...unchoking, { _tag: "Serve" })
/** The same, and it hangs up on plain words. */
export const encryptedOnly: Script = { ...good, encryption: "only" }
/** A seeder that offers the torrent's description, and answers like this. */
export const describing = (describe: Omit<Extract<Step, { readonly _tag: "Describe" }>, "_tag">): Script =>
  accept(
    ...shakeHands,
    { _tag: "Describe", ...describe },
    { _tag: "HaveAll" },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    { _tag: "Serve" },
  )
/** A seeder that says who it is (BEP 10). */
export const goodNamed = (client: string): Script =>
  accept(
    ...shakeHands,
    { _tag: "Extended", client },
    { _tag: "HaveAll" },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    { _tag: "Serve" },
  )
/** A seeder whose bitfield has holes that `have` messages fill. */
export const lazyBitfield = (...holes: ReadonlyArray<number>): Script =>
  accept(
    ...shakeHands,
    { _tag: "Bitfield", missing: holes },
    ...holes.map((piece): Step => ({ _tag: "Have", piece })),
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    { _tag: "Serve" },
  )
/** A seeder that takes its time to unchoke. */
export const unchokeAfter = (time: Duration.Input): Script =>
  accept(...complete, { _tag: "AwaitInterested" }, wait(time), { _tag: "Unchoke" }, { _tag: "Serve" })
/** Any of those who accept, and it hangs up when it has not heard anything for so long: honest clients wait for two minutes (BEP 3). */
export const impatient = (time: Duration.Input, script: Script): Script =>
  script._tag === "Accept"
    ? { ...script, steps: [{ _tag: "HangUpOnSilence", ms: Duration.toMillis(time) }, ...script.steps] }
    : script
/** A seeder that chokes us for a while after so many blocks. */
export const chokeAfter = (blocks: number, time: Duration.Input): Script =>
  accept(...unchoking, { _tag: "Serve", blocks }, { _tag: "Choke" }, wait(time), { _tag: "Unchoke" }, { _tag: "Serve" })
/** Serves so many blocks and falls silent. */
export const stallAfter = (blocks: number): Script => accept(...unchoking, { _tag: "Serve", blocks })
/** Serves so many blocks and hangs up. */
export const dropAfter = (blocks: number): Script => accept(...unchoking, { _tag: "Serve", blocks }, { _tag: "HangUp" })
/** Serves, spoiling these pieces. */
export const corrupting = (...corrupt: ReadonlyArray<number>): Script =>
  accept(...unchoking, { _tag: "Serve", corrupt })
/** Serves, spoiling every so-manieth block. */
export const spoilingEvery = (blocks: number): Script => accept(...unchoking, { _tag: "Serve", spoilEvery: blocks })
/** Serves so many blocks, spoiling every so-manieth, and hangs up. */
export const spoilAndDrop = (blocks: number, every: number): Script =>
  accept(...unchoking, { _tag: "Serve", blocks, spoilEvery: every }, { _tag: "HangUp" })
/** Serves each block so many times. */
export const repeating = (times: number): Script => accept(...unchoking, { _tag: "Serve", times })
/** Serves a block after each pause. */
export const trickling = (time: Duration.Input): Script =>
  accept(...unchoking, { _tag: "Serve", pause: Duration.toMillis(time) })
/** Serves a block, chokes us for a while, unchokes us again, for ever. */
export const flipFlop = (time: Duration.Input): Script =>
  accept(
    ...unchoking,
    ...Array.from({ length: 1000 }, (): ReadonlyArray<Step> => [
      { _tag: "Serve", blocks: 1 },
      { _tag: "Choke" },
      wait(time),
      { _tag: "Unchoke" },
    ]).flat(),
  )
/** Serves a block after a while, and hangs up. */
export const teasing = (time: Duration.Input): Script =>
  accept(...unchoking, wait(time), { _tag: "Serve", blocks: 1 }, { _tag: "HangUp" })
/** Serves so many blocks, and then says that it has nothing. */
export const takeBackAfter = (blocks: number): Script =>
  accept(...unchoking, { _tag: "Serve", blocks }, { _tag: "HaveNone" }, { _tag: "Serve" })
/** A seeder whose bytes arrive so many at a time. */
export const dribbling = (bytes: number): Script => accept({ _tag: "Dribble", bytes }, ...unchoking, { _tag: "Serve" })
