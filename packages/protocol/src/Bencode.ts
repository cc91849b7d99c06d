/**
 * Bencode (BEP 3): `bytes ⇄ values`, and a codec for it as a Schema.
 *
 * Byte strings stay bytes; `text` and its like read a dictionary's members as what they are expected to be. Decoding is npm's `bencode` behind our
 * own guard. Encoding is ours: npm's encoder sorts keys as UTF-16 rather than by their bytes, and turns what it does not know into something else.
 */
import bencode from "bencode"
import { Bytes, Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { type BencodeFault, type Limits, sanitizePrefix } from "./BencodeGuard.ts"
import * as Utf8 from "./Utf8.ts"

export {
  type BencodeFault,
  defaultLimits,
  type Limits,
  maxKeyLength,
  type Rule,
  scan,
  scanPrefix,
} from "./BencodeGuard.ts"

/** A decoded value: a safe integer, a byte string, a list, or a dictionary. Keys that are not UTF-8 are written in hexadecimal. */
export type BencodeValue = number | Uint8Array | ReadonlyArray<BencodeValue> | BencodeDictionary

/** A decoded dictionary, by the text of its keys. */
export interface BencodeDictionary {
  readonly [key: string]: BencodeValue
}

/** What can be encoded: strings are written as UTF-8, and keys whose value is `undefined` are left out. */
export type BencodeInput = number | string | Uint8Array | ReadonlyArray<BencodeInput> | BencodeInputDictionary

/** A dictionary to encode; members that are `undefined` are left out. */
export interface BencodeInputDictionary {
  readonly [key: string]: BencodeInput | undefined
}

/**
 * The one value that `bytes` holds, without what has no place in it: integers that are not safe, and of a key that comes again all but the first. Up to 350
 * bytes of memory per value: for big input from outside set `maxTokens`, or read it with `BencodeView`.
 */
export const decode = (bytes: Uint8Array, limits?: Partial<Limits>): Result.Result<BencodeValue, BencodeFault> =>
  Result.flatMap(decodePrefix(bytes, limits), ({ end, value }) =>
    end === bytes.length ? Result.succeed(value) : Result.fail({ offset: end, rule: "bytes after the end" }),
  )

/** The same of the value at the start of `bytes`, and where it ends: some messages carry raw bytes behind their dictionary (BEP 9). */
export const decodePrefix = (
  bytes: Uint8Array,
  limits?: Partial<Limits>,
): Result.Result<{ readonly value: BencodeValue; readonly end: number }, BencodeFault> =>
  Result.map(sanitizePrefix(bytes, limits), ({ end, value }) => ({ value: decodeSanitized(value), end }))

/** The canonical encoding: keys in the order of their bytes. Numbers must be safe integers. */
export const encode = (input: BencodeInput): Uint8Array => {
  const chunks: Array<Uint8Array> = []
  write(chunks, input)
  return Bytes.concat(chunks)
}

/** A dictionary whose values are encoded already: how `info` gets into a torrent byte for byte. */
export const encodeWithRawMembers = (members: Iterable<readonly [key: string, encoded: Uint8Array]>): Uint8Array => {
  const chunks: Array<Uint8Array> = []
  writeDictionary(chunks, members, (encoded) => chunks.push(encoded))
  return Bytes.concat(chunks)
}

const Value: Schema.Codec<BencodeValue> = Schema.suspend(() => BencodeValue)
const Key = Schema.String.check(
  Schema.makeFilter((key) => key !== "__proto__" && key.isWellFormed() && !/^\ufeff|\ufffd/u.test(key)),
)
const Integer = Schema.Int.check(Schema.makeFilter((integer) => !Object.is(integer, -0)))

/** A decoded value, as a schema. */
export const BencodeValue: Schema.Codec<BencodeValue> = Schema.Union([
  Integer,
  Schema.Uint8Array,
  Schema.Array(Value),
  Schema.Record(Key, Value),
])

/** The codec `bytes ⇄ BencodeValue`. */
export const FromBytes = Schema.Uint8Array.pipe(
  Schema.decodeTo(BencodeValue, {
    decode: SchemaGetter.transformEffect((bytes: Uint8Array, options) =>
      Result.match(decode(bytes), {
        onSuccess: (value) => Effect.succeed(value),
        onFailure: (fault) => Effect.fail(new SchemaIssue.InvalidValue({ message: describe(fault) }, bytes, options)),
      }),
    ),
    encode: SchemaGetter.transform(encode),
  }),
)

/** A fault as a sentence for people. */
export const describe = (fault: BencodeFault): string => `not valid bencode: ${fault.rule} at byte ${fault.offset}`

/** The value as a dictionary, or `undefined`. */
export const asDictionary = (value: BencodeValue | undefined): BencodeDictionary | undefined =>
  typeof value === "object" && !(value instanceof Uint8Array) && !isList(value) ? value : undefined

/** The member of that key, whatever it is. */
export const get = (dictionary: BencodeDictionary, key: string): BencodeValue | undefined =>
  Object.hasOwn(dictionary, key) ? dictionary[key] : undefined

/** The integer of that key, or `undefined` where there is none or it is something else. */
export const integer = (dictionary: BencodeDictionary, key: string): number | undefined => {
  const value = get(dictionary, key)
  return typeof value === "number" ? value : undefined
}

/** The byte string of that key. */
export const bytes = (dictionary: BencodeDictionary, key: string): Uint8Array | undefined => {
  const value = get(dictionary, key)
  return value instanceof Uint8Array ? value : undefined
}

/** The byte string of that key as text; invalid UTF-8 is repaired. */
export const text = (dictionary: BencodeDictionary, key: string): string | undefined => {
  const value = bytes(dictionary, key)
  return value && Utf8.toText(value)
}

/** The list of that key. */
export const list = (dictionary: BencodeDictionary, key: string): ReadonlyArray<BencodeValue> | undefined => {
  const value = get(dictionary, key)
  return isList(value) ? value : undefined
}

/** The dictionary of that key. */
export const dictionary = (dictionary: BencodeDictionary, key: string): BencodeDictionary | undefined =>
  asDictionary(get(dictionary, key))

const decodeSanitized = (bytes: Uint8Array): BencodeValue => {
  const value = bencode.decode(bytes) as BencodeValue
  bencode.decode.data = null
  return value
}

const isList = (value: BencodeInput | undefined): value is ReadonlyArray<BencodeValue> => Array.isArray(value)

const write = (chunks: Array<Uint8Array>, input: BencodeInput): void => {
  if (typeof input === "number") {
    chunks.push(Utf8.fromText(`i${input}e`))
  } else if (typeof input === "string") {
    writeString(chunks, Utf8.fromText(input))
  } else if (input instanceof Uint8Array) {
    writeString(chunks, input)
  } else if (isList(input)) {
    chunks.push(Utf8.fromText("l"))
    for (const item of input) write(chunks, item)
    chunks.push(Utf8.fromText("e"))
  } else {
    const members = Object.entries(input).filter((member): member is [string, BencodeInput] => member[1] !== undefined)
    writeDictionary(chunks, members, (value) => write(chunks, value))
  }
}

const writeDictionary = <A>(
  chunks: Array<Uint8Array>,
  members: Iterable<readonly [key: string, value: A]>,
  writeValue: (value: A) => void,
): void => {
  const sorted = Array.from(members, ([key, value]) => [Utf8.fromText(key), value] as const).toSorted(([a], [b]) =>
    Bytes.Order(a, b),
  )
  chunks.push(Utf8.fromText("d"))
  for (const [key, value] of sorted) {
    writeString(chunks, key)
    writeValue(value)
  }
  chunks.push(Utf8.fromText("e"))
}

const writeString = (chunks: Array<Uint8Array>, string: Uint8Array): void => {
  chunks.push(Utf8.fromText(`${string.length}:`), string)
}
