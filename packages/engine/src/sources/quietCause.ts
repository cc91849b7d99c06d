/** What is kept of a cause from below: all of it, or nothing. */

/** So deep, and at so many things, it is looked; of what is larger nobody knows what it tells. */
const deepest = 6
const most = 200

/**
 * The cause of a failure, unless it tells what is not shown of the URL that was called: HTTP clients' errors carry their request, Node's and `fetch`'s an URL in their words. `without` takes that out of a text.
 */
export const quietCause = (cause: unknown, without: (text: string) => string): unknown => {
  let left = most
  const isQuiet = (value: unknown, depth: number): boolean => {
    if (typeof value === "string") return without(value) === value
    if (typeof value !== "object" || value === null) return typeof value !== "function"
    if (depth === deepest || --left < 0) return false
    // An error's own words are not among its enumerable members.
    return Object.getOwnPropertyNames(value).every(
      (name) => without(name) === name && isQuiet(Reflect.get(value, name), depth + 1),
    )
  }
  return isQuiet(cause, 0) ? cause : undefined
}
