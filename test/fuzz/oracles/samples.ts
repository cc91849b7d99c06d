/** Inputs from a Schema (Effect's `Arbitrary`, printed) and from texts written by hand. */
import { Arbitrary, Effect, type Schema } from "effect"

/** One byte for each character up to U+00FF. */
export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))

/** So many values of a Schema as bytes; a seed repeats them. */
export const bytesOf =
  <A>(schema: Schema.Codec<A>, print: (value: A) => Uint8Array, count = 100) =>
  (seed: number): ReadonlyArray<Uint8Array> =>
    Effect.runSync(Arbitrary.sampleEffect(Arbitrary.schema(schema), { count, seed, size: 20 })).map(print)
