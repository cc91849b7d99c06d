/** The encrypted handshake, both sides against each other and each against liars: however the bytes are cut, whatever the padding, nothing is lost and nothing is waited for beyond what may come. */
import { assert, describe, it } from "@effect/vitest"
import { Encryption } from "@unchoke/protocol"
import { Effect, Schema } from "effect"
import { concat } from "../../../packages/protocol/src/encryption/EncryptedHandshake.ts"

const { Initiator, longestPad, mostHeld, Responder } = Encryption

const infoHash = Uint8Array.from({ length: 20 }, (_, at) => at + 1)
const key = (seed: number) => Uint8Array.from({ length: 20 }, (_, at) => (seed * 31 + at * 17 + 1) & 255)
const text = (letters: string) => new TextEncoder().encode(letters)
const noise = (length: number, seed = 5) => Uint8Array.from({ length }, (_, at) => (at * at * 7 + seed * at + 13) & 255)

const Pad = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: longestPad }))
const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 700 }))).check(
  Schema.isBetweenLength(1, 6),
)
const Methods = Schema.Literals(["plain", "rc4", "plain, rc4", "rc4, plain"])
const methodsOf = (methods: typeof Methods.Type) => methods.split(", ") as ReadonlyArray<Encryption.Method>

type Machine = { readonly push: (chunk: Uint8Array) => Encryption.Step }

/** One side of a conversation: what it has to say, and what has come of its handshake. */
class Side {
  readonly #machine: Machine
  readonly outbox: Array<Uint8Array> = []
  heard: Uint8Array = new Uint8Array(0)
  end: Encryption.Step | undefined

  constructor(machine: Machine, opening?: Uint8Array) {
    this.#machine = machine
    if (opening !== undefined) this.outbox.push(opening)
  }

  hear(chunk: Uint8Array): void {
    if (this.end?._tag === "Failed") return
    if (this.end?._tag === "Agreed") {
      const own = chunk.slice()
      this.end.incoming?.apply(own)
      this.heard = concat(this.heard, own)
      return
    }
    const copy = chunk.slice()
    const step = this.#machine.push(chunk)
    assert.deepStrictEqual(chunk, copy, "a chunk is not ours to change while it is only looked at")
    if (step._tag !== "Failed" && step.send.length > 0) this.outbox.push(step.send)
    if (step._tag === "More") return
    this.end = step
    if (step._tag === "Agreed") this.heard = step.rest
  }

  say(words: Uint8Array): void {
    assert.strictEqual(this.end?._tag, "Agreed")
    const own = words.slice()
    if (this.end?._tag === "Agreed") this.end.outgoing?.apply(own)
    this.outbox.push(own)
  }
}

/** Carries what the sides say, cut like this, until neither has more to say. */
const talk = (a: Side, b: Side, cuts: ReadonlyArray<number>): void => {
  let turn = 0
  while (a.outbox.length + b.outbox.length > 0) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const bytes = concat(...from.outbox.splice(0))
      for (let at = 0; at < bytes.length;) {
        const cut = cuts.length === 0 ? bytes.length : cuts[turn++ % cuts.length]!
        to.hear(bytes.slice(at, at + cut))
        at += cut
      }
    }
  }
}

const initiator = (options: Partial<Encryption.InitiatorOptions> = {}) =>
  new Initiator({
    infoHash,
    provide: ["plain", "rc4"],
    privateKey: key(1),
    padA: new Uint8Array(0),
    padC: new Uint8Array(0),
    initial: () => new Uint8Array(0),
    ...options,
  })

const find = (name: Uint8Array) => (Buffer.compare(name, Encryption.nameOf(infoHash)) === 0 ? infoHash : undefined)

const responder = (options: Partial<Encryption.ResponderOptions> = {}) =>
  new Responder({
    find,
    select: ["plain", "rc4"],
    privateKey: key(2),
    padB: new Uint8Array(0),
    padD: new Uint8Array(0),
    ...options,
  })

describe("an encrypted handshake", () => {
  it.effect.prop(
    "comes to the method that both would have, and not a byte behind it is lost, however it is cut",
    [
      Methods,
      Methods,
      Schema.Tuple([Pad, Pad, Pad, Pad]),
      Cuts,
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2000 })),
    ],
    ([provide, select, [padA, padB, padC, padD], cuts, initial]) =>
      Effect.sync(() => {
        const first = noise(initial, 3)
        const calls = initiator({
          provide: methodsOf(provide),
          padA: noise(padA),
          padC: noise(padC),
          initial: () => first,
        })
        const a = new Side(calls, calls.opening)
        const b = new Side(responder({ select: methodsOf(select), padB: noise(padB), padD: noise(padD) }))
        talk(a, b, cuts)
        const expected = methodsOf(select).find((method) => methodsOf(provide).includes(method))
        if (expected === undefined) return assert.deepStrictEqual(b.end, { _tag: "Failed", reason: "no method" })
        assert.strictEqual(a.end?._tag === "Agreed" && a.end.method, expected)
        assert.strictEqual(b.end?._tag === "Agreed" && b.end.method, expected)
        const [there, back] = [noise(3000, 1), noise(3000, 2)]
        a.say(there)
        b.say(back)
        talk(a, b, cuts)
        a.say(back)
        talk(a, b, [])
        assert.deepStrictEqual(Buffer.from(b.heard), Buffer.concat([first, there, back]))
        assert.deepStrictEqual(Buffer.from(a.heard), Buffer.from(back))
      }),
    { arbitrary: { runs: 150 } },
  )

  it("what is first said and comes late is deciphered all the same, where the rest is plain", () => {
    const calls = initiator({ provide: ["plain"], initial: () => text("handshake") })
    const a = new Side(calls, calls.opening)
    const b = new Side(responder())
    b.hear(a.outbox.shift()!)
    a.hear(b.outbox.shift()!)
    const request = a.outbox.shift()!
    b.hear(request.subarray(0, request.length - 4))
    assert.strictEqual(b.end?._tag, "Agreed", "it is not waited for")
    b.hear(concat(request.subarray(request.length - 4), text(", plain")))
    assert.strictEqual(Buffer.from(b.heard).toString(), "handshake, plain")
  })

  it("about a torrent that is not here is refused as soon as its name is there", () => {
    const calls = initiator({ infoHash: infoHash.map((byte) => byte ^ 255) })
    const a = new Side(calls, calls.opening)
    const b = new Side(responder())
    talk(a, b, [])
    assert.deepStrictEqual(b.end, { _tag: "Failed", reason: "unknown torrent" })
  })

  describe.each([
    ["who calls", () => initiator()],
    ["who is called", () => responder()],
  ] as const)("liars and %s", (_, make: () => Machine) => {
    it.each([
      ["0", new Uint8Array(96)],
      ["more than the prime", new Uint8Array(96).fill(255)],
    ])("a public key of %s is none", (_, key) => {
      assert.deepStrictEqual(make().push(key), { _tag: "Failed", reason: "bad key" })
    })

    it.effect.prop(
      "padding without an end is listened to for as long as it may be, whatever it is and however it is cut",
      [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })), Schema.Int],
      ([cut, seed]) =>
        Effect.sync(() => {
          const machine = make()
          let said = 0
          for (;;) {
            const chunk = noise(cut, seed + said)
            chunk[0] = 0x7f
            const step = machine.push(chunk)
            said += cut
            if (step._tag === "Failed") return assert.strictEqual(step.reason, "not encrypted")
            assert.strictEqual(step._tag, "More")
            assert.isBelow(said, mostHeld + cut)
          }
        }),
      { arbitrary: { runs: 30 } },
    )
  })

  it.effect.prop(
    "with any byte of it spoilt comes to nothing, or to what it would have; never to a fault",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1400 })),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 255 })),
      Cuts,
    ],
    ([at, flip, cuts]) =>
      Effect.sync(() => {
        const calls = initiator({ padA: noise(40), padC: noise(60), initial: () => noise(68) })
        const a = new Side(calls, calls.opening)
        const b = new Side(responder({ padB: noise(80), padD: noise(20) }))
        let passed = 0
        const spoil = (to: Side): Pick<Side, "hear" | "outbox"> => ({
          outbox: to.outbox,
          hear: (chunk) => {
            if (at >= passed && at < passed + chunk.length) chunk[at - passed]! ^= flip
            passed += chunk.length
            to.hear(chunk)
          },
        })
        talk(spoil(a) as Side, spoil(b) as Side, cuts)
        for (const { end } of [a, b]) {
          assert.include([undefined, "Agreed", "Failed"], end?._tag)
          if (end?._tag === "Agreed") assert.include(["plain", "rc4"], end.method)
        }
      }),
    { arbitrary: { runs: 150 } },
  )
})
