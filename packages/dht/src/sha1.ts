/** SHA-1 (RFC 3174) of at most 55 bytes, one block: what BEP 33 needs. Not for secrets, nor for pieces. */
export const sha1 = (message: Uint8Array): Uint8Array => {
  const block = new DataView(new ArrayBuffer(64))
  for (let i = 0; i < message.length; i++) block.setUint8(i, message[i]!)
  block.setUint8(message.length, 0x80)
  block.setUint32(60, message.length * 8)
  const words = new Uint32Array(80)
  for (let i = 0; i < 16; i++) words[i] = block.getUint32(i * 4)
  for (let i = 16; i < 80; i++) words[i] = rotate(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
  let [a, b, c, d, e]: Words = start
  for (let i = 0; i < 80; i++) {
    const mixed = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
    const next = (rotate(a, 5) + mixed + e + words[i]! + constants[Math.floor(i / 20)]!) | 0
    e = d
    d = c
    c = rotate(b, 30)
    b = a
    a = next
  }
  const digest = new DataView(new ArrayBuffer(20))
  for (const [i, word] of [a, b, c, d, e].entries()) digest.setUint32(i * 4, (word + start[i]!) >>> 0)
  return new Uint8Array(digest.buffer)
}

type Words = readonly [number, number, number, number, number]
const start: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]
const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))
