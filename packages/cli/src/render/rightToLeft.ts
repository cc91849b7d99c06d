/**
 * Names that are read from right to left, on a terminal that shows them so: each is isolated (Unicode's bidirectional algorithm, UAX #9), or numbers and columns beside it would change their places.
 *
 * Invariant: nothing but isolates is added, and they take no cell.
 */

/** Hebrew, Arabic, Syriac, Thaana, N'Ko and their like, also in their forms for print. */
const letter = "[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}]"

/** Words in a row; two blanks are between columns. */
const words = new RegExp(`${letter}+(?:[ ._'’()/-]?${letter}+)*`, "gu")

export const isolated = (text: string): string => text.replace(words, "\u2068$&\u2069")
