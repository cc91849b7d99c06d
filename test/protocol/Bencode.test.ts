import { expect, it } from "@effect/vitest"
import { Bencode, BencodeView } from "@unchoke/protocol"
import { Effect, Result, Schema } from "effect"
import { mutate, Mutations } from "./mutation.ts"

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
const faultOf = (text: string, limits?: Partial<Bencode.Limits>) =>
  Result.match(Bencode.decode(latin1(text), limits), { onSuccess: () => "accepted", onFailure: ({ rule }) => rule })
const offsetOf = (text: string) =>
  Result.match(Bencode.decode(latin1(text)), { onSuccess: () => -1, onFailure: ({ offset }) => offset })

it.prop("a value survives its bytes", [Bencode.BencodeValue], ([value]) => {
  expect(Bencode.decode(Bencode.encode(value))).toEqual(Result.succeed(value))
})

it.prop(
  "the guard takes exactly what an obvious parser takes",
  [Bencode.BencodeValue, Mutations],
  ([value, mutations]) => {
    const bytes = mutate(Bencode.encode(value), mutations)
    const end = referenceEnd(Buffer.from(bytes).toString("latin1"))
    expect(Result.isSuccess(Bencode.scan(bytes))).toBe(end === bytes.length)
    expect(Result.getOrUndefined(Bencode.scanPrefix(bytes))).toBe(end)
  },
  { arbitrary: { runs: 1000 } },
)

it.prop("a view sees what decoding builds", [Bencode.BencodeValue], ([value]) => {
  const view = Result.getOrThrow(BencodeView.fromBytes(Bencode.encode(value)))
  expect(fromView(view)).toEqual(value)
})

it.effect("as a Schema, both ways", () =>
  Effect.gen(function* () {
    const bytes = latin1("d3:agei7e4:listli1e2:abee")
    const value = yield* Schema.decodeEffect(Bencode.FromBytes)(bytes)
    expect(value).toEqual({ age: 7, list: [1, latin1("ab")] })
    expect(yield* Schema.encodeEffect(Bencode.FromBytes)(value)).toEqual(bytes)
    const failed = yield* Effect.flip(Schema.decodeEffect(Bencode.FromBytes)(latin1("i01e")))
    expect(failed.message).toContain("not valid bencode: leading zero at byte 0")
  }),
)

it.each([
  ["", "ends too early"],
  ["l-3:", "not a value"],
  ["-3:", "not a value"],
  ["i1.5e", "not an integer"],
  ["ie", "not an integer"],
  ["i-e", "not an integer"],
  ["i+1e", "not an integer"],
  ["i 1e", "not an integer"],
  ["i01e", "leading zero"],
  ["i-01e", "negative zero"],
  ["i-0e", "negative zero"],
  ["i9007199254740992e", "integer beyond 2^53"],
  ["i-9007199254740992e", "integer beyond 2^53"],
  ["i12", "ends too early"],
  ["5:abc", "string longer than what is left"],
  ["99999999999999999999:a", "string longer than what is left"],
  ["03:abc", "leading zero"],
  ["3abc", "not a string length"],
  ["l", "ends too early"],
  ["d", "ends too early"],
  ["d1:a", "ends too early"],
  ["d1:ae", "not a value"],
  ["di1ei2ee", "key is not a string"],
  ["i1ei2e", "bytes after the end"],
  ["lee", "bytes after the end"],
])("refuses %j: %s", (text, rule) => {
  expect(faultOf(text)).toBe(rule)
})

it("says where a rule was broken", () => {
  expect(offsetOf("d1:ali1ei02eee")).toBe(8)
  expect(offsetOf("i1exyz")).toBe(3)
})

it("takes the edges", () => {
  for (const text of ["i0e", "i-1e", "i9007199254740991e", "i-9007199254740991e", "0:", "le", "de", "d0:i1ee"]) {
    expect(faultOf(text)).toBe("accepted")
  }
})

it.each([
  ["d1:ai1e1:bi2e1:ai3ee", { a: 1, b: 2 }],
  ["d1:ai1e1:ade1:ali2eee", { a: 1 }],
  ["d1:ai9007199254740992e1:bi2ee", { b: 2 }],
  ["d1:ai18446744073709551615e1:ai2ee", {}],
  ["li1ei-18446744073709551616ei2ee", [1, 2]],
  ["d1:ad1:bi1e1:bi2eee", { a: { b: 1 } }],
  ["d1:ai1e1:ad1:bi1e1:bi2eee", { a: 1 }],
  ["d9:__proto__dee", {}],
  ["ld1:ad9:__proto__i1eeee", [{ a: {} }]],
  ["d12:\xef\xbb\xbf__proto__de1:ai1ee", { a: 1 }],
  ["d2:ffi1e1:\xffi2ee", { ff: 1 }],
  ["d4:infoi1e7:\xef\xbb\xbfinfoi2ee", { info: 1 }],
])("leaves out what has no place in a value: %j", (text, value) => {
  expect(Bencode.decode(latin1(text))).toEqual(Result.succeed(value))
})

it("a view keeps all of it, and reads no integer that is not safe", () => {
  const view = Result.getOrThrow(BencodeView.fromBytes(latin1("d1:ai1e1:ai9007199254740992e9:__proto__i-7eeBEHIND")))
  const entries = Array.from(view.entries(), ([key, { integer }]) => [key, integer])
  expect(entries).toEqual([
    ["a", 1],
    ["a", undefined],
    ["__proto__", -7],
  ])
  expect(Buffer.from(view.raw).toString()).toMatch(/ee$/)
})

it("takes unsorted keys, as real torrents have them", () => {
  expect(Bencode.decode(latin1("d1:bi1e1:ai2ee"))).toEqual(Result.succeed({ b: 1, a: 2 }))
})

it("keys that are not UTF-8 are read in hexadecimal", () => {
  expect(Bencode.decode(latin1("d2:\xfe\xffi1ee"))).toEqual(Result.succeed({ feff: 1 }))
})

it("holds depth, count, size and the length of keys within their limits", () => {
  expect(faultOf(`${"l".repeat(100)}${"e".repeat(100)}`)).toBe("accepted")
  expect(faultOf(`${"l".repeat(101)}${"e".repeat(101)}`)).toBe("too deep")
  expect(faultOf("l".repeat(1_000_000))).toBe("too deep")
  expect(faultOf("d1:a".repeat(1_000_000))).toBe("too deep")
  expect(faultOf("li1ei2ei3ee", { maxTokens: 4 })).toBe("accepted")
  expect(faultOf("li1ei2ei3ee", { maxTokens: 3 })).toBe("too many values")
  expect(faultOf(`l${"0:".repeat(3_000_000)}e`)).toBe("too many values")
  expect(faultOf("3:abc", { maxBytes: 5 })).toBe("accepted")
  expect(faultOf("3:abc", { maxBytes: 4 })).toBe("too large")
  expect(faultOf(`d5000:${"k".repeat(5000)}i1ee`)).toBe("key too long")
})

it("leaves prototypes alone and does not mistake them for members", () => {
  const value = Result.getOrThrow(Bencode.decode(latin1("d11:constructori1ee")))
  const dictionary = Bencode.asDictionary(value)!
  expect(Bencode.integer(dictionary, "constructor")).toBe(1)
  expect(Bencode.get(dictionary, "toString")).toBeUndefined()
  expect(Object.getPrototypeOf(dictionary)).toBe(Object.prototype)
})

it("the value at the start of a message ends where its raw bytes begin", () => {
  expect(Bencode.decodePrefix(latin1("d8:msg_typei1eeRAW"))).toEqual(
    Result.succeed({ value: { msg_type: 1 }, end: 15 }),
  )
})

it("members are read as what they should be, or not at all", () => {
  const members = Bencode.asDictionary(Result.getOrThrow(Bencode.decode(latin1("d1:dde1:ii1e1:lle1:s2:\xc3\xa9e"))))!
  expect(Bencode.integer(members, "i")).toBe(1)
  expect(Bencode.text(members, "s")).toBe("é")
  expect(Bencode.bytes(members, "s")).toEqual(latin1("\xc3\xa9"))
  expect(Bencode.list(members, "l")).toEqual([])
  expect(Bencode.dictionary(members, "d")).toEqual({})
  for (const read of [Bencode.integer, Bencode.text, Bencode.bytes, Bencode.list, Bencode.dictionary]) {
    const fits = ["i", "s", "l", "d"].filter((key) => read(members, key) !== undefined)
    expect(fits).toHaveLength(1)
    expect(read(members, "absent")).toBeUndefined()
  }
})

it("encodes keys in the order of their bytes, and leaves out what is undefined", () => {
  const bytes = Bencode.encode({ "\u{1f600}": 1, "\uffee": 2, b: undefined, a: "é" })
  expect(Buffer.from(bytes).toString()).toBe("d1:a2:é3:\uffeei2e4:\u{1f600}i1ee")
})

it("does not hold on to what it decoded", async () => {
  const npm: string = "bencode"
  const { default: bencode } = await import(npm)
  bencode.decode(latin1("i1e"))
  expect(bencode.decode.data).not.toBeNull()
  Bencode.decode(latin1("i1e"))
  expect(bencode.decode.data).toBeNull()
})

/** Where the value at the start of a text ends, by regular expressions and recursion; `undefined` where there is none. */
const referenceEnd = (text: string, at = 0, depth = 0): number | undefined => {
  const rest = text.slice(at)
  const integer = /^i(0|-?[1-9]\d*)e/.exec(rest)
  if (integer) return at + integer[0].length
  const string = /^(0|[1-9]\d*):/.exec(rest)
  if (string) {
    const end = at + string[0].length + Number(string[1])
    return end <= text.length ? end : undefined
  }
  if (!/^[dl]/.test(rest) || depth === 100) return undefined
  for (let next = at + 1; ;) {
    if (text[next] === "e") return next + 1
    if (text[at] === "d") {
      const keyEnd = /^\d/.test(text.slice(next)) ? referenceEnd(text, next, depth + 1) : undefined
      if (keyEnd === undefined) return undefined
      next = keyEnd
    }
    const end = referenceEnd(text, next, depth + 1)
    if (end === undefined) return undefined
    next = end
  }
}

const fromView = (view: BencodeView): Bencode.BencodeValue => {
  if (view.isDictionary) return Object.fromEntries(Array.from(view.entries(), ([key, value]) => [key, fromView(value)]))
  if (view.isList) return Array.from(view.items(), fromView)
  return view.integer ?? view.bytes!
}
