import { expect, it } from "@effect/vitest"
import { Bencode, ExtendedHandshake } from "@unchoke/protocol"
import { Schema } from "effect"
import { NetAddress } from "effect/net"
import { mutate, Mutations } from "./mutation.ts"

const greeting: ExtendedHandshake.Greeting = {
  extensions: { ut_metadata: 3, ut_pex: 1 },
  client: "unchoke 0.1",
  port: 6881,
  requestQueue: 500,
  metadataSize: 31_235,
  yourAddress: NetAddress.ipFromStringUnsafe("10.1.2.3"),
  uploadOnly: true,
}

it("what we print is what a peer reads", () => {
  expect(ExtendedHandshake.fromBytes(ExtendedHandshake.toBytes(greeting))).toEqual({
    ...greeting,
    extensions: new Map([
      ["ut_metadata", 3],
      ["ut_pex", 1],
    ]),
  })
})

it("what is left out is not said", () => {
  expect(Buffer.from(ExtendedHandshake.toBytes({})).toString()).toBe("d1:mdee")
})

it("members that make no sense count as absent", () => {
  const payload = Bencode.encode({
    m: { ut_pex: 0, ut_metadata: "x", other: 256, fine: 255 },
    v: 7,
    p: 65_536,
    reqq: -1,
    metadata_size: [1],
    yourip: "abc",
    upload_only: 0,
  })
  expect(ExtendedHandshake.fromBytes(payload)).toEqual({
    extensions: new Map([["fine", 255]]),
    client: undefined,
    port: undefined,
    requestQueue: undefined,
    metadataSize: undefined,
    yourAddress: undefined,
    uploadOnly: false,
  })
})

const Greeting = Schema.Struct({
  client: Schema.UndefinedOr(Schema.Literals(["unchoke 0.1", "x"])),
  port: Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))),
  requestQueue: Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))),
  uploadOnly: Schema.Boolean,
  yourAddress: Schema.UndefinedOr(Schema.Literals(["192.0.2.7", "2001:db8::7"])),
})

it.prop("whatever we say of ourselves is what a peer reads", [Greeting], ([said]) => {
  const yourAddress = said.yourAddress === undefined ? undefined : NetAddress.ipFromStringUnsafe(said.yourAddress)
  const greeting = { ...said, yourAddress }
  expect(ExtendedHandshake.fromBytes(ExtendedHandshake.toBytes(greeting))).toEqual({
    ...greeting,
    extensions: new Map(),
    metadataSize: undefined,
  })
})

it.prop("a request queue is a number that can be worked with", [Schema.Int], ([reqq]) => {
  const queue = ExtendedHandshake.fromBytes(Bencode.encode({ reqq }))?.requestQueue
  expect(queue).toBe(reqq > 0 ? Math.min(reqq, 65_535) : undefined)
})

it("a client's name is cut to 64 characters and rid of control characters", () => {
  const name = (v: string) => ExtendedHandshake.fromBytes(Bencode.encode({ v }))?.client
  expect(name(" \u001b[31mred\u0000\u202e client ")).toBe("[31mred client")
  expect(name("\u{1f600}".repeat(1000))).toBe("\u{1f600}".repeat(64))
  expect(name(`${"x".repeat(63)} y`)).toBe("x".repeat(63))
  expect(name("\u0007")).toBeUndefined()
})

it("IPv6 addresses are read too, and bytes behind the dictionary are ignored", () => {
  const address = NetAddress.ipFromStringUnsafe("2001:db8::7")
  const payload = ExtendedHandshake.toBytes({ yourAddress: address })
  expect(ExtendedHandshake.fromBytes(Uint8Array.from([...payload, 1, 2, 3]))?.yourAddress).toEqual(address)
})

it("what is not a dictionary is no extended handshake, nor is a bomb", () => {
  for (const text of ["", "i1e", "le", "d1:m", "garbage", `d1:ml${"0:".repeat(3000)}ee`]) {
    expect(ExtendedHandshake.fromBytes(Buffer.from(text))).toBeUndefined()
  }
})

it.prop("any damage is survived", [Mutations, Schema.Boolean], ([mutations]) => {
  const read = ExtendedHandshake.fromBytes(mutate(ExtendedHandshake.toBytes(greeting), mutations))
  for (const id of read?.extensions.values() ?? []) {
    expect(id).toBeGreaterThan(0)
    expect(id).toBeLessThan(256)
  }
})
