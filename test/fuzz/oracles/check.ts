/** How an oracle says that something is wrong. */
import { deepStrictEqual } from "node:assert"

/** Throws with this sentence where the fact does not hold; `found` is shown with it. */
export const check = (fact: boolean, sentence: string, ...found: ReadonlyArray<unknown>): void => {
  if (!fact) throw new Error([sentence, ...found.map((value) => JSON.stringify(value))].join("\n  "))
}

/** Throws where two values are not the same all the way down. */
export const checkSame = (actual: unknown, expected: unknown, sentence: string): void => {
  try {
    deepStrictEqual(actual, expected)
  } catch (error) {
    throw new Error(`${sentence}\n${(error as Error).message}`, { cause: error })
  }
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** A number that nothing has gone wrong with. */
export const isCount = (value: number, maximum = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && value >= 0 && value <= maximum && !Object.is(value, -0)
