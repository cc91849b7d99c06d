/**
 * Where a node or a peer can be reached, as the DHT writes it: 4 or 16 bytes of address and 2 of port (BEP 5, BEP 32), kept as a string of as many characters below 256.
 *
 * It is a key, is compared, and lies in tables by the thousand; at the edges of this package it is an `InetAddress`.
 */
import { Brand, Result } from "effect"
import { NetAddress } from "effect/net"
import * as ByteString from "./ByteString.ts"

export type Endpoint = Brand.Branded<string, "unchoke/dht/Endpoint">

/** Bytes of an endpoint. */
export const lengthOf: Readonly<Record<NetAddress.IpFamily, number>> = { IPv4: 6, IPv6: 18 }

const branded = Brand.nominal<Endpoint>()

/** The endpoint that these bytes are, or `undefined` where they are none. */
export const fromBytes = (bytes: Uint8Array): Endpoint | undefined =>
  bytes.length === lengthOf.IPv4 || bytes.length === lengthOf.IPv6 ? branded(String.fromCharCode(...bytes)) : undefined

/** The part of the string that an endpoint is. */
export const at = (text: string, start: number, family: NetAddress.IpFamily): Endpoint =>
  branded(text.slice(start, start + lengthOf[family]))

export const fromAddress = (peer: NetAddress.InetAddress): Endpoint => {
  const { address, port } = NetAddress.toCanonical(peer)
  const octets = NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address)
  return branded(String.fromCharCode(...octets, port >> 8, port & 0xff))
}

export const toAddress = (endpoint: Endpoint): NetAddress.InetAddress => {
  const bytes = ByteString.toBytes(hostOf(endpoint))
  return Result.getOrThrow(
    NetAddress.inetAddress(
      bytes.length === 4 ? NetAddress.ipv4FromBytesUnsafe(bytes) : NetAddress.ipv6FromBytesUnsafe(bytes),
      portOf(endpoint),
    ),
  )
}

export const familyOf = (endpoint: Endpoint): NetAddress.IpFamily => (endpoint.length === 6 ? "IPv4" : "IPv6")

/** The address without the port. */
export const hostOf = (endpoint: Endpoint): string => endpoint.slice(0, -2)

export const portOf = (endpoint: Endpoint): number =>
  (endpoint.charCodeAt(endpoint.length - 2) << 8) | endpoint.charCodeAt(endpoint.length - 1)

/** An endpoint at this address; its port means nothing. */
export const fromHost = (host: string): Endpoint => branded(`${host}\0\u0001`)

/** The same address with another port. */
export const withPort = (endpoint: Endpoint, port: number): Endpoint =>
  branded(hostOf(endpoint) + String.fromCharCode(port >> 8, port & 0xff))

/**
 * What one owner can have many of: a network of 256 addresses (IPv4), what a provider gives one subscriber (IPv6). At local addresses, where a machine has many nodes, the endpoint itself.
 */
export const networkOf = (endpoint: Endpoint): string => {
  if (isLocal(endpoint)) return endpoint
  return familyOf(endpoint) === "IPv4" ? endpoint.slice(0, 3) : endpoint.slice(0, 6)
}

/** Who is one node: an address, or at local addresses an endpoint. */
export const nodeOf = (endpoint: Endpoint): string => (isLocal(endpoint) ? endpoint : hostOf(endpoint))

/** This machine's, or of a network that is not the internet: exempt from BEP 42, and not to be named by who is on the internet. */
export const isLocal = (endpoint: Endpoint): boolean => {
  const a = endpoint.charCodeAt(0)
  const b = endpoint.charCodeAt(1)
  if (endpoint.length === 6) {
    return (
      a === 127 ||
      a === 10 ||
      (a === 172 && (b & 0xf0) === 16) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && (b & 0xc0) === 64)
    )
  }
  return (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0x80) !== 0) || hostOf(endpoint) === loopback
}

/** Whether somebody could be there: no port 0, no address of nobody or of many. */
export const isReachable = (endpoint: Endpoint): boolean => {
  if (portOf(endpoint) === 0) return false
  const a = endpoint.charCodeAt(0)
  if (endpoint.length === 6) return a !== 0 && a < 224
  // `::/96`, what IPv4 addresses are mapped to, and loopback: only the last of them is somebody.
  return a !== 0xff && (!hostOf(endpoint).startsWith(zeros) || hostOf(endpoint) === loopback)
}

/** Whether who is at `informant` may name `endpoint` to us: nobody on the internet sends us into our own network. */
export const mayName = (informant: Endpoint, endpoint: Endpoint): boolean =>
  isReachable(endpoint) && (!isLocal(endpoint) || isLocal(informant))

const zeros = "\0".repeat(10)
const loopback = `${"\0".repeat(15)}\u0001`
