import { assert, describe, it } from "@effect/vitest"
import { MetadataMessage } from "@unchoke/protocol"
import { Schema } from "effect"
import { DescriptionPlan, mostAsked, mostHeld } from "../../packages/engine/src/description/DescriptionPlan.ts"

const { longest, pieces, pieceSize, sizeOf } = MetadataMessage

/** Four parts, the last of them short. */
const size = 3 * pieceSize + 100
const truth = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff)

const Part = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
/** Whom one asks. */
const Peer = Schema.Union([
  Schema.TaggedStruct("Honest", {}),
  /** Spoils these parts. */
  Schema.TaggedStruct("Spoils", { parts: Schema.Array(Part).check(Schema.isMinLength(1), Schema.isMaxLength(4)) }),
  /** Says that there are so many bytes more than there are, and makes them up. */
  Schema.TaggedStruct("Exaggerates", { by: Schema.Literals([-pieceSize, -1, 1, pieceSize]) }),
  /** Sends a part that is not as long as it should be. */
  Schema.TaggedStruct("Misshapes", { part: Part }),
  /** Names another length with a part than before. */
  Schema.TaggedStruct("Contradicts", { part: Part }),
  /** Sends so many parts, and then nothing. */
  Schema.TaggedStruct("Stops", { after: Part }),
  /** Sends what it was not asked for. */
  Schema.TaggedStruct("Intrudes", {}),
])
type Peer = typeof Peer.Type

const promises = (peer: Peer): number => (peer._tag === "Exaggerates" ? size + peer.by : size)

/** What a peer sends for a part, and how long it says that the whole is. */
const answer = (peer: Peer, part: number) => {
  const whole = promises(peer)
  const block = new Uint8Array(sizeOf(part, whole))
  block.set(truth.subarray(part * pieceSize, part * pieceSize + block.length))
  switch (peer._tag) {
    case "Spoils":
      if (peer.parts.includes(part)) block[0]! ^= 0xff
      return { said: whole, block }
    case "Misshapes":
      return { said: whole, block: part === peer.part ? block.subarray(1) : block }
    case "Contradicts":
      return { said: part === peer.part ? whole + 1 : whole, block }
    default:
      return { said: whole, block }
  }
}

const isHonest = ({ _tag }: Peer): boolean => _tag === "Honest" || _tag === "Intrudes" || _tag === "Stops"
/** Whoever may be blamed for what it sends, not for saying nothing. */
const mayBeBlamed = (peer: Peer): boolean => !isHonest(peer)

const isTruth = (bytes: Uint8Array): boolean => Buffer.compare(bytes, truth) === 0

interface Outcome {
  readonly found: boolean
  readonly blamed: ReadonlySet<string>
}

/** Asks them all; each time that one of several answers is next, `choose` says which. */
const play = (everybody: ReadonlyArray<Peer>, choose: () => number): Outcome => {
  const plan = new DescriptionPlan()
  const blamed = new Set<string>()
  const peers = new Map(everybody.map((peer, index) => [`peer ${index}`, peer]))
  const owed = new Map<string, Array<number>>()
  const sent = new Map<string, number>()
  const leave = (name: string) => {
    plan.leave(name)
    peers.delete(name)
    owed.delete(name)
  }
  for (const [name, peer] of peers) {
    plan.join(name, promises(peer))
    owed.set(name, [])
  }
  for (let turn = 0; turn < 2000; turn++) {
    for (const name of peers.keys()) {
      for (let part = plan.next(name); part !== undefined; part = plan.next(name)) owed.get(name)!.push(part)
      assert.isAtMost(plan.owes(name), mostAsked)
    }
    const speakers = [...peers].filter(([name]) => owed.get(name)!.length > 0)
    if (speakers.length === 0) return { found: false, blamed }
    const [name, peer] = speakers[choose() % speakers.length]!
    const count = sent.get(name) ?? 0
    if (peer._tag === "Stops" && count >= peer.after) {
      leave(name)
      continue
    }
    sent.set(name, count + 1)
    if (peer._tag === "Intrudes") {
      const unasked = [0, 1, 2, 3].find((part) => !owed.get(name)!.includes(part))
      if (unasked !== undefined) {
        assert.strictEqual(plan.take(name, unasked, size, new Uint8Array(pieceSize)), "not asked for")
      }
    }
    const part = owed.get(name)!.shift()!
    const { block, said } = answer(peer, part)
    const taken = plan.take(name, part, said, block)
    if (taken === "of the wrong length") {
      assert.isTrue(peer._tag === "Misshapes" || peer._tag === "Contradicts", `${peer._tag} sent what it should`)
      blamed.add(name)
      leave(name)
    } else if (typeof taken === "object") {
      if (isTruth(taken.bytes)) return { found: true, blamed }
      const liar = plan.refute(taken)
      if (liar === undefined) continue
      blamed.add(liar)
      leave(liar)
    }
  }
  return assert.fail("it goes on for ever")
}

const Turns = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))).check(
  Schema.isMaxLength(60),
)
const following = (turns: ReadonlyArray<number>) => {
  let turn = 0
  return () => turns[turn++ % Math.max(1, turns.length)] ?? 0
}

describe("a description that several give", () => {
  it.prop(
    "is found where one of them is honest, whatever the others do; nobody is blamed for what another did",
    [
      Schema.Array(Peer).check(Schema.isMaxLength(8)),
      Turns,
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 })),
    ],
    ([others, turns, place]) => {
      const everybody = others.toSpliced(place, 0, { _tag: "Honest" })
      const { blamed, found } = play(everybody, following(turns))
      assert.isTrue(found)
      for (const [index, peer] of everybody.entries()) {
        if (!mayBeBlamed(peer)) assert.isFalse(blamed.has(`peer ${index}`), `${peer._tag} is blamed`)
      }
    },
    { arbitrary: { runs: 1500 } },
  )

  it.prop(
    "is not found where nobody is, and all who sent what is wrong are blamed for it",
    [Schema.Array(Peer).check(Schema.isMaxLength(8)), Turns],
    ([peers, turns]) => {
      const liars = peers.filter(({ _tag }) => _tag !== "Honest" && _tag !== "Intrudes")
      const { blamed, found } = play(liars, following(turns))
      // Those who tell the truth up to a point may have told all of it between them.
      if (found) return
      for (const [index, peer] of liars.entries()) {
        if (peer._tag !== "Stops") assert.isTrue(blamed.has(`peer ${index}`), `${peer._tag} goes free`)
      }
    },
    { arbitrary: { runs: 1000 } },
  )
})

describe("what is held", () => {
  /** Gives as many parts as are asked for, up to so many. */
  const give = (plan: DescriptionPlan, peer: string, whole: number, most: number) => {
    for (let given = 0; given < most; given++) {
      const part = plan.next(peer)
      if (part === undefined) return given
      plan.take(peer, part, whole, new Uint8Array(sizeOf(part, whole)))
      assert.isAtMost(plan.held, mostHeld)
    }
    return most
  }

  it("no more than is allowed, however many promise the longest there is", () => {
    const plan = new DescriptionPlan()
    for (let peer = 0; peer < 6; peer++) plan.join(`liar ${peer}`, longest - peer)
    for (let peer = 5; peer >= 0; peer--) give(plan, `liar ${peer}`, longest - peer, pieces(longest) - 1)
    // And an honest one, who comes last and has less to say, is heard all the same.
    plan.join("honest", size)
    assert.strictEqual(give(plan, "honest", size, 10), pieces(size))
    assert.isAtMost(plan.held, mostHeld)
  })

  it("what was promised costs nothing", () => {
    const plan = new DescriptionPlan()
    for (let peer = 0; peer < 1000; peer++) {
      plan.join(`liar ${peer}`, longest - peer)
      plan.next(`liar ${peer}`)
    }
    assert.strictEqual(plan.held, 0)
  })

  it("who leaves takes along what nobody else goes on with", () => {
    const plan = new DescriptionPlan()
    plan.join("one", size)
    plan.join("other", size)
    assert.strictEqual(give(plan, "one", size, 2), 2)
    plan.leave("one")
    assert.strictEqual(plan.held, 2 * pieceSize)
    plan.leave("other")
    assert.strictEqual(plan.held, 0)
    assert.isUndefined(plan.best)
  })

  it("the shortest is asked until it is there", () => {
    const plan = new DescriptionPlan()
    for (let peer = 0; peer < 5; peer++) plan.join(`liar ${peer}`, longest)
    for (let peer = 0; peer < 5; peer++) plan.join(`other ${peer}`, longest - 1 - peer)
    for (let peer = 0; peer < 5; peer++) give(plan, `other ${peer}`, longest - 1 - peer, 2000)
    assert.strictEqual(give(plan, "other 4", longest - 5, 48), 48)
  })
})
