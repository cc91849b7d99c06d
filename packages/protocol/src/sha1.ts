/** SHA-1 of a few bytes, at once: what an encrypted handshake is made of, and the scrapes of the DHT (BEP 33). Pieces are hashed by the platform, which is far faster. */

/** The 20 bytes of the hash of these parts, one after the other. */
export const sha1 = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64)
  let filled = 0
  for (const part of parts) {
    padded.set(part, filled)
    filled += part.length
  }
  padded[length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n)
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  const words = new Int32Array(80)
  for (let at = 0; at < padded.length; at += 64) {
    for (let t = 0; t < 16; t++) words[t] = view.getInt32(at + 4 * t)
    for (let t = 16; t < 80; t++) {
      words[t] = rotated(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1)
    }
    compress(state, words)
  }
  const hash = new Uint8Array(20)
  const out = new DataView(hash.buffer)
  for (let word = 0; word < 5; word++) out.setInt32(4 * word, state[word]!)
  return hash
}

const compress = (state: Int32Array, words: Int32Array): void => {
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
  for (let t = 0; t < 80; t++) {
    const mixed =
      t < 20
        ? ((b & c) | (~b & d)) + 0x5a827999
        : t < 40
          ? (b ^ c ^ d) + 0x6ed9eba1
          : t < 60
            ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
            : (b ^ c ^ d) + 0xca62c1d6
    const next = (rotated(a, 5) + mixed + e + words[t]!) | 0
    e = d
    d = c
    c = rotated(b, 30)
    b = a
    a = next
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))
