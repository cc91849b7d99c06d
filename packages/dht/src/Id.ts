/**
 * The 160 bits that nodes and torrents share (BEP 5), and which of them a node at an address may choose (BEP 42).
 *
 * An id is kept as a string of 20 characters below 256: it is compared, is a key, and lies in tables by the thousand, and as a string it costs a quarter of what an array of bytes does.
 */
import { Brand } from "effect"
import * as ByteString from "./ByteString.ts"
import { crc32c } from "./crc32c.ts"
import * as Endpoint from "./Endpoint.ts"
import type { Random } from "./Random.ts"

export type Id = Brand.Branded<string, "unchoke/dht/Id">

/** Bytes of an id. */
export const length = 20

/** Bits of an id. */
export const bits = 160

const branded = Brand.nominal<Id>()

/** The id that these bytes are, or `undefined` where they are not 20. */
export const fromBytes = (bytes: Uint8Array): Id | undefined =>
  bytes.length === length ? branded(String.fromCharCode(...bytes)) : undefined

export const toBytes = (id: Id): Uint8Array => ByteString.toBytes(id)

export const random = (random: Random): Id => branded(String.fromCharCode(...random.bytes(length)))

/** The part of the string that an id is. */
export const at = (text: string, start: number): Id => branded(text.slice(start, start + length))

/** Whether `a` is nearer to the target than `b` (negative), or the other way round. */
export const compare = (target: Id, a: Id, b: Id): number => {
  for (let i = 0; i < length; i++) {
    const byte = target.charCodeAt(i)
    const difference = (a.charCodeAt(i) ^ byte) - (b.charCodeAt(i) ^ byte)
    if (difference !== 0) return difference
  }
  return 0
}

/** How many leading bits two ids share. */
export const sharedBits = (a: Id, b: Id): number => {
  for (let i = 0; i < length; i++) {
    const different = a.charCodeAt(i) ^ b.charCodeAt(i)
    if (different !== 0) return i * 8 + Math.clz32(different) - 24
  }
  return bits
}

/** An id that shares exactly so many leading bits with this one, and is random behind them. */
export const sharing = (id: Id, shared: number, chance: Random): Id => {
  const bytes = chance.bytes(length)
  for (let i = 0; i < length && i * 8 <= shared; i++) {
    const kept = Math.min(8, shared - i * 8)
    const mask = (0xff00 >> kept) & 0xff
    const own = id.charCodeAt(i)
    bytes[i] = (own & mask) | (bytes[i]! & ~mask)
    if (kept < 8) bytes[i] = (bytes[i]! & ~(0x80 >> kept)) | (~own & (0x80 >> kept))
  }
  return fromBytes(bytes)!
}

/** An id for a node that others see at this address (BEP 42); any where the address is local. */
export const fromAddress = (endpoint: Endpoint.Endpoint, chance: Random): Id => {
  const bytes = chance.bytes(length)
  if (!Endpoint.isLocal(endpoint)) {
    const prefix = prefixOf(endpoint, bytes[19]!)
    bytes[0] = prefix >>> 24
    bytes[1] = prefix >>> 16
    bytes[2] = ((prefix >>> 8) & 0xf8) | (bytes[2]! & 7)
  }
  return fromBytes(bytes)!
}

/** Whether a node at this address may have this id (BEP 42). At local addresses every id is valid. */
export const isValidAt = (id: Id, endpoint: Endpoint.Endpoint): boolean => {
  if (Endpoint.isLocal(endpoint)) return true
  const prefix = prefixOf(endpoint, id.charCodeAt(19))
  return (
    id.charCodeAt(0) === prefix >>> 24 &&
    id.charCodeAt(1) === ((prefix >>> 16) & 0xff) &&
    (id.charCodeAt(2) & 0xf8) === ((prefix >>> 8) & 0xf8)
  )
}

/** Of the address as few bits count as one subscriber can't choose: an attacker has as many ids as it has networks. */
const prefixOf = (endpoint: Endpoint.Endpoint, seed: number): number => {
  const mask = Endpoint.familyOf(endpoint) === "IPv4" ? mask4 : mask6
  const bytes = Uint8Array.from(mask, (bits, i) => endpoint.charCodeAt(i) & bits)
  bytes[0]! |= (seed & 7) << 5
  return crc32c(bytes)
}

const mask4 = [0x03, 0x0f, 0x3f, 0xff]
const mask6 = [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff]
