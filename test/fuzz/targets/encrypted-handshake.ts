/**
 * Both sides of the encrypted handshake against a peer that says anything: whatever it is, or behind a key exchange that is right, so that what is enciphered is reached too.
 *
 * The first byte says which side we are and which of those; the second how it is cut, the third how long the peer's padding is.
 */
import { Encryption, sha1 } from "@unchoke/protocol"
import { check, checkSame, sameBytes } from "../oracles/check.ts"
import type { Target } from "./Target.ts"

const { constantLength, DiffieHellman, Initiator, longestPad, mostHeld, Responder } = Encryption

const infoHash = new Uint8Array(20).fill(7)
const ours = new Uint8Array(20).fill(1)
const theirs = new Uint8Array(20).fill(2)
const theirKey = DiffieHellman.publicKey(theirs)
const secret = DiffieHellman.secret(theirs, DiffieHellman.publicKey(ours))!
const text = (letters: string) => new TextEncoder().encode(letters)
const cipher = (name: "keyA" | "keyB") => new Encryption.Rc4.Rc4(sha1(text(name), secret, infoHash), 1024)
const name = Encryption.nameOf(infoHash)
const mask = sha1(text("req3"), secret)

type Side = "initiator" | "responder"

export const encryptedHandshake: Target = {
  name: "encrypted-handshake",
  shape: "bytes",
  maxLength: 1600,
  workPerByte: 600,
  samples: () => [
    ...[0, 1].map((side) =>
      Uint8Array.of(side, 7, 100, ...header(2, 3, side === 0 ? [0, 0, 0] : [1, 2, 3], 2), 9, 9, 9),
    ),
    ...[0, 1].map((side) => Uint8Array.of(side, 0, 255, ...header(1, 0, [], 68), ...new Uint8Array(80))),
    ...[2, 3].map((side) => Uint8Array.of(side, 50, 0, ...theirKey, ...new Uint8Array(700).fill(3))),
    ...[2, 3].map((side) => Uint8Array.of(side, 1, 0, ...new Uint8Array(96).fill(255))),
  ],
  run: ([flags = 0, cut = 0, pad = 0, ...said]) => {
    const side: Side = flags % 2 === 0 ? "initiator" : "responder"
    const words = Uint8Array.from(said)
    const isRaw = (flags & 2) !== 0
    const stream = isRaw ? words : Buffer.concat([theirKey, new Uint8Array(2 * pad).fill(5), enciphered(side, words)])
    const whole = outcome(side, stream, stream.length)
    const pieces = outcome(side, stream, cut + 1)
    checkSame(pieces.end, whole.end, "how it is cut changes what comes of it")
    check(sameBytes(pieces.heard, whole.heard), "how it is cut changes what is heard")
    check(whole.end !== "More" || stream.length < mostHeld, "it waits for more than may come")
    const expected = isRaw ? undefined : model(side, words)
    check(expected === undefined || whole.end === expected, "not what the specification says", whole.end)
  },
}

/** VC, the methods, a pad, and from who calls the length of what it says first. */
const header = (methods: number, padLength: number, pad: ReadonlyArray<number>, initial: number) => [
  ...new Uint8Array(constantLength + 3),
  methods,
  0,
  padLength,
  ...pad,
  0,
  initial,
]

/** What the peer says behind its padding. */
const enciphered = (side: Side, words: Uint8Array): Uint8Array => {
  const bytes = Uint8Array.from(words)
  if (side === "initiator") {
    cipher("keyB").apply(bytes)
    return bytes
  }
  cipher("keyA").apply(bytes)
  return Buffer.concat([sha1(text("req1"), secret), name.map((byte, at) => byte ^ mask[at]!), bytes])
}

const nothing = new Uint8Array(0)

const machine = (side: Side): { readonly push: (chunk: Uint8Array) => Encryption.Step } =>
  side === "initiator"
    ? new Initiator({
        infoHash,
        provide: ["plain", "rc4"],
        privateKey: ours,
        padA: nothing,
        padC: nothing,
        initial: () => nothing,
      })
    : new Responder({
        find: (asked) => (sameBytes(asked, name) ? infoHash : undefined),
        select: ["plain", "rc4"],
        privateKey: ours,
        padB: nothing,
        padD: nothing,
      })

/** What comes of the stream, and what is heard behind the handshake. */
const outcome = (side: Side, stream: Uint8Array, cut: number): { readonly end: string; readonly heard: Uint8Array } => {
  const handshake = machine(side)
  for (let at = 0; at < stream.length; at += cut) {
    const step = handshake.push(stream.subarray(at, at + cut))
    if (step._tag === "Failed") return { end: step.reason, heard: nothing }
    if (step._tag === "More") continue
    const rest = stream.slice(at + cut)
    step.incoming?.apply(rest)
    return { end: step.method, heard: Buffer.concat([step.rest, rest]) }
  }
  return { end: "More", heard: nothing }
}

/** The header, read all at once. */
const model = (side: Side, words: Uint8Array): string | undefined => {
  if (words.length < constantLength) return "More"
  const isConstant = words.subarray(0, constantLength).every((byte) => byte === 0)
  // Who calls looks for the constant in what may be padding: that is not enciphered, so it is not found.
  if (side === "initiator" && !isConstant) return undefined
  if (words.length < constantLength + 6) return "More"
  if (!isConstant) return "wrong keys"
  const view = new DataView(words.buffer, constantLength)
  const [methods, pad] = [view.getUint32(0), view.getUint16(4)]
  if (side === "initiator" && methods !== 1 && methods !== 2) return "no method"
  if ((methods & 3) === 0) return "no method"
  if (pad > longestPad) return "padding too long"
  if (words.length < constantLength + 6 + pad + (side === "initiator" ? 0 : 2)) return "More"
  return (methods & 1) !== 0 ? "plain" : "rc4"
}
