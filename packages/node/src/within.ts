/** The bytes from `at` on, so many or as many as there are, of parts that stand for one stretch of bytes. */
export const within = (
  parts: ReadonlyArray<Uint8Array>,
  at: number,
  length = Number.POSITIVE_INFINITY,
): ReadonlyArray<Uint8Array> => {
  const some: Array<Uint8Array> = []
  let start = 0
  for (const part of parts) {
    const from = Math.max(0, at - start)
    const to = Math.min(part.length, at + length - start)
    if (from < to) some.push(from === 0 && to === part.length ? part : part.subarray(from, to))
    start += part.length
  }
  return some
}
