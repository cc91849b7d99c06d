/** Percent-encoding from outside: what is not an escape stands for itself, and bytes that are not UTF-8 are repaired. Linear, and never throws. */
import * as Utf8 from "./Utf8.ts"

const escapes = /(?:%[0-9a-f]{2})+/gi

/** The text without its escapes. */
export const percentDecoded = (text: string): string =>
  text.replaceAll(escapes, (run) => {
    const bytes = new Uint8Array(run.length / 3)
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(3 * i + 1, 3 * i + 3), 16)
    return Utf8.decode(bytes).text
  })
