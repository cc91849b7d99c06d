/** Damage done to valid bytes: the inputs on which parsers break. */
import { Schema } from "effect"

const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

/** One change at a place, which is taken modulo the length. `Splice` copies a run of the input somewhere else. */
export const Mutation = Schema.TaggedUnion({
  Replace: { at: Place, byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })) },
  ReplaceBySyntax: { at: Place, byte: Schema.Literals(["0", "1", "9", "-", ":", "d", "e", "i", "l"]) },
  Insert: {
    at: Place,
    text: Schema.Literals(["i-0e", "i00e", "le", "de", "e", "d", "l", "0:", "9", "-3:", "1:a", "i9007199254740993e"]),
  },
  Delete: { at: Place, length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })) },
  Truncate: { at: Place },
  Splice: { from: Place, length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })), at: Place },
})
export type Mutation = typeof Mutation.Type

export const Mutations = Schema.Array(Mutation).check(Schema.isMaxLength(4))

/** The bytes after all of the changes. */
export const mutate = (bytes: Uint8Array, mutations: ReadonlyArray<Mutation>): Uint8Array =>
  mutations.reduce(mutateOnce, bytes)

const mutateOnce = (bytes: Uint8Array, mutation: Mutation): Uint8Array => {
  const place = (at: number) => at % (bytes.length + 1)
  switch (mutation._tag) {
    case "Replace":
      return replace(bytes, place(mutation.at), 1, [mutation.byte])
    case "ReplaceBySyntax":
      return replace(bytes, place(mutation.at), 1, Buffer.from(mutation.byte))
    case "Insert":
      return replace(bytes, place(mutation.at), 0, Buffer.from(mutation.text))
    case "Delete":
      return replace(bytes, place(mutation.at), mutation.length, [])
    case "Truncate":
      return bytes.slice(0, place(mutation.at))
    case "Splice": {
      const from = place(mutation.from)
      return replace(bytes, place(mutation.at), 0, bytes.slice(from, from + mutation.length))
    }
  }
}

const replace = (bytes: Uint8Array, at: number, length: number, by: ArrayLike<number>): Uint8Array =>
  Uint8Array.from([...bytes.slice(0, at), ...Array.from(by), ...bytes.slice(at + length)])
