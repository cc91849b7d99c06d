/**
 * An error as data alone, with its causes. V8 keeps for each error the frames in which it was made, and with them all that was at work there: of a dial that failed its socket and fiber, 60 KB. A verdict is kept as
 * long as its peer is known, and of peers there may be ten thousand that others have made up.
 */

/** More causes than this no error has that we make. */
const mostCauses = 8

export const unstacked = <E extends Error>(error: E): E => {
  let next: unknown = error
  for (let depth = 0; depth < mostCauses && next instanceof Error; depth++) {
    next.stack = ""
    // A socket's error tells its kind in `reason`, and that has the cause.
    next = "reason" in next && next.reason instanceof Error ? next.reason : next.cause
  }
  return error
}
