/** What is read: a file, a pipe, or what the command is given on stdin. */
import { Effect, Stdio, Stream } from "effect"
import { bytesOf } from "./boundedBytes.ts"
import { inWords, platformInWords, UnreadableTorrent } from "./torrentFile.ts"

/** What stands for stdin. */
export const stdin = "-"

/** As it comes. `path` is `stdin`, or that of a file or pipe; `name` is what it is called where it cannot be read. */
export const inputOf = (
  path: string,
  name: string,
  as?: "list",
): Stream.Stream<Uint8Array, UnreadableTorrent, Stdio.Stdio> => {
  const unreadable = (why: string) => new UnreadableTorrent({ path: name, why, ...(as !== undefined && { as }) })
  return path === stdin
    ? Stream.unwrap(Effect.map(Stdio.Stdio, ({ stdin }) => stdin)).pipe(
        Stream.mapError((error) => unreadable(platformInWords(error))),
      )
    : bytesOf(path).pipe(Stream.mapError(({ cause }) => unreadable(inWords(cause) ?? String(cause))))
}
