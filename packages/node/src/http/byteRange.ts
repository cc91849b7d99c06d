/** Which bytes a request asks for: the field `Range` (RFC 9110, 14.1.2 and 14.2). */

/** The first and the last byte of a part. */
export interface Part {
  readonly first: number
  readonly last: number
}

/**
 * The part of `length` bytes that a `Range` field means; "whole" without one, and where it is none that we answer: other units, what is not well-formed, and several parts at once, for all of which a server may send the
 * whole; "unsatisfiable" where it means none of the bytes.
 */
export const byteRange = (field: string | undefined, length: number): Part | "whole" | "unsatisfiable" => {
  const [, from = "", to = ""] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(field ?? "") ?? []
  if (from === "" && to === "") return "whole"
  const last = length - 1
  if (from === "") {
    const suffix = Math.min(Number(to), length)
    return suffix === 0 ? "unsatisfiable" : { first: length - suffix, last }
  }
  const first = Number(from)
  if (to !== "" && Number(to) < first) return "whole"
  if (first > last) return "unsatisfiable"
  return { first, last: to === "" ? last : Math.min(Number(to), last) }
}
