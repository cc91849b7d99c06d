/** RC4, SHA-1 and the key exchange do what everybody else's do. */
import { assert, describe, it } from "@effect/vitest"
import { Encryption, sha1 } from "@unchoke/protocol"
import { Effect, Schema } from "effect"
import { createDiffieHellman, createHash } from "node:crypto"

const { DiffieHellman, Rc4 } = Encryption

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const text = (letters: string) => new TextEncoder().encode(letters)
const bytes = (most: number, fewest = 0) =>
  Schema.Uint8Array.check(Schema.isMinLength(fewest), Schema.isMaxLength(most))

describe("RC4", () => {
  it.each([
    ["Key", "Plaintext", "bbf316e8d940af0ad3"],
    ["Wiki", "pedia", "1021bf0420"],
    ["Secret", "Attack at dawn", "45a01f645fc35b383552544b9bf5"],
  ])("with the key %s makes of %s what is known", (key, plain, cipher) => {
    const stream = text(plain)
    new Rc4.Rc4(text(key)).apply(stream)
    assert.strictEqual(hex(stream), cipher)
  })

  it("throws away the first bytes of its stream, as RFC 6229 has them behind 1024", () => {
    const stream = new Uint8Array(16)
    new Rc4.Rc4(Uint8Array.of(1, 2, 3, 4, 5), 1024).apply(stream)
    assert.strictEqual(hex(stream), "30abbcc7c20b01609f23ee2d5f6bb7df")
  })

  const cuts = (most: number, count: number) =>
    Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most }))).check(Schema.isMaxLength(count))

  it.effect.prop(
    "is the reference, however a stream is cut, and into whichever memory",
    // Long ones, of more than a window, and short ones, of a four and less.
    [bytes(256, 1), Schema.Union([cuts(140_000, 5), cuts(9, 200)])],
    ([key, cuts]) =>
      Effect.sync(() => {
        const whole = Uint8Array.from({ length: cuts.reduce((sum, cut) => sum + cut, 0) }, (_, at) => at * 7)
        const expected = new Uint8Array(whole.length)
        Rc4.reference(Rc4.stateOf(key), whole, expected)
        const [here, elsewhere] = [new Rc4.Rc4(key), new Rc4.Rc4(key)]
        const inPlace = whole.slice()
        const target = new Uint8Array(whole.length)
        let at = 0
        for (const cut of cuts) {
          here.apply(inPlace.subarray(at, at + cut))
          elsewhere.apply(whole.subarray(at, at + cut), target.subarray(at, at + cut))
          at += cut
        }
        assert.strictEqual(Buffer.compare(inPlace, expected), 0)
        assert.strictEqual(Buffer.compare(target, expected), 0)
      }),
    { arbitrary: { runs: 40 } },
  )
})

describe("SHA-1", () => {
  it.effect.prop(
    "is the platform's, of any parts",
    [Schema.Array(bytes(200)).check(Schema.isMaxLength(4))],
    ([parts]) =>
      Effect.sync(() =>
        assert.strictEqual(hex(sha1(...parts)), createHash("sha1").update(Buffer.concat(parts)).digest("hex")),
      ),
  )
})

describe("Diffie and Hellman's exchange", () => {
  const prime =
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563"
  const theirs = createDiffieHellman(prime, "hex", Buffer.of(2))
  const privateKey = bytes(20, 20)

  it.effect.prop("comes to the platform's secret", [privateKey, privateKey], ([ours, other]) =>
    Effect.sync(() => {
      theirs.setPrivateKey(Uint8Array.of(...other.subarray(0, 19), other[19]! | 1))
      const key = Uint8Array.from({ length: 96 }, () => 0)
      const generated = theirs.generateKeys()
      key.set(generated, 96 - generated.length)
      const mine = Uint8Array.of(...ours.subarray(0, 19), ours[19]! | 1)
      const expected = theirs.computeSecret(DiffieHellman.publicKey(mine))
      assert.strictEqual(hex(DiffieHellman.secret(mine, key)!), expected.toString("hex").padStart(192, "0"))
    }),
  )

  const one = Buffer.from("1".padStart(192, "0"), "hex")
  const last = BigInt(`0x${prime}`) - 1n
  it.each([
    ["nothing", new Uint8Array(0)],
    ["a byte too few", new Uint8Array(95).fill(7)],
    ["0", new Uint8Array(96)],
    ["1", one],
    ["p - 1", Buffer.from(last.toString(16), "hex")],
    ["p", Buffer.from(prime, "hex")],
    ["p + 1", Buffer.from((last + 2n).toString(16), "hex")],
    ["the greatest number of its length", new Uint8Array(96).fill(255)],
  ])("refuses %s for a public key", (_, key) => {
    assert.isUndefined(DiffieHellman.secret(new Uint8Array(20).fill(9), key))
  })

  it("takes the smallest key and the greatest that are keys", () => {
    const ours = new Uint8Array(20).fill(9)
    for (const key of [2n, last - 1n]) {
      assert.isDefined(DiffieHellman.secret(ours, Buffer.from(key.toString(16).padStart(192, "0"), "hex")))
    }
  })
})
