/**
 * What a block looked like, in 64 bits: enough to tell later whether two peers sent the same one.
 *
 * Salted afresh for each download, so nobody can prepare two blocks that look alike. Equal blocks always look alike, so an honest peer is never taken for a liar.
 */

/** The two halves of the salt: 32 random bits each. */
export type Salt = readonly [number, number]

/** A multiply and a rotation for each word of four bytes, in two lanes that start from the salt (after MurmurHash3). */
export const fingerprint = (bytes: Uint8Array, [one, two]: Salt): bigint => {
  let a = one
  let b = two
  for (let i = 0; i < bytes.length; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    a = Math.imul(rotate(a ^ Math.imul(word, 0xcc9e2d51), 13), 5) + 0xe6546b64
    b = Math.imul(rotate(b ^ Math.imul(word, 0x1b873593), 15), 9) + 0x38b34ae5
  }
  return (BigInt(mix(a ^ bytes.length) >>> 0) << 32n) | BigInt(mix(b ^ a) >>> 0)
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

const mix = (word: number): number => {
  const half = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35)
  return whole ^ (whole >>> 16)
}
