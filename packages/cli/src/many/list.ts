/** A list of torrents: one a line, in a file or on stdin; blank lines and those that begin with "#" are none. */
import { Effect, FileSystem, Result, Stdio, Stream } from "effect"
import { platformInWords, UnreadableTorrent } from "../torrentFile.ts"

/** What stands for stdin. */
export const stdin = "-"

/** No path and no link is longer, in characters: whoever names a film by mistake is told so. */
const longestLine = 64 * 1024

/** The torrents of a list, as its lines come. */
export const readList = (
  path: string,
): Stream.Stream<string, UnreadableTorrent, FileSystem.FileSystem | Stdio.Stdio> => {
  const where = path === stdin ? "the list on stdin" : path
  const bytes = Stream.unwrap(
    Effect.gen(function* () {
      const [fs, stdio] = [yield* FileSystem.FileSystem, yield* Stdio.Stdio]
      return path === stdin ? stdio.stdin : fs.stream(path)
    }),
  )
  const unreadable = (why: string) => new UnreadableTorrent({ path: where, why })
  return bytes.pipe(
    Stream.mapError((error) => unreadable(platformInWords(error))),
    Stream.decodeText(),
    Stream.mapAccumEffect(
      () => "",
      (rest, text) => {
        const lines = (rest + text).split(/\r?\n/)
        const open = lines.pop()!
        return open.length > longestLine || lines.some(({ length }) => length > longestLine)
          ? Effect.fail(unreadable("it has a line that is too long to name a torrent"))
          : Effect.succeed([open, lines] as const)
      },
      { onHalt: (rest) => [rest] },
    ),
    Stream.filterMap((line) => {
      const text = line.trim()
      return text === "" || text.startsWith("#") ? Result.failVoid : Result.succeed(text)
    }),
  )
}
