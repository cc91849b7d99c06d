/** A list of torrents: one a line, in a file or on stdin; blank lines and those that begin with "#" are none. */
import { Effect, Result, type Stdio, Stream } from "effect"
import { inputOf } from "../inputOf.ts"
import { UnreadableTorrent } from "../torrentFile.ts"
import { NamesNothing } from "./NamesNothing.ts"

/** No path and no link is longer, in characters: whoever names a film by mistake is told so. */
const longestLine = 64 * 1024

/** So many lines show what is no text. */
const firstLines = 20

/** What it is instead, where a line tells: what is named by mistake is not tried line by line. */
const noList = (line: string, nth: number): string | undefined => {
  if (nth === 0 && /^d\d+:(?:announce|comment|creat|info|nodes|url-list)/.test(line)) {
    return "it is a torrent itself, and no list of them: name it without --list"
  }
  // oxlint-disable-next-line no-control-regex
  if (nth === 0 && /^\ufffd.*\0/.test(line)) return "it is UTF-16, and a list is UTF-8"
  // Colours are those of a program whose output is the list: which name they are in is told.
  // oxlint-disable-next-line no-control-regex
  return nth < firstLines && /[\0-\u0008\u000b-\u001a\u001c-\u001f\u007f\ufffd]/.test(line)
    ? "this is no list: there are bytes in it that are no UTF-8 text"
    : undefined
}

/** The torrents of a list, as its lines come. Fails with `NamesNothing` when it ends and there was none. */
export const readList = (path: string): Stream.Stream<string, UnreadableTorrent | NamesNothing, Stdio.Stdio> =>
  Stream.suspend(() => {
    const unreadable = (why: string) => new UnreadableTorrent({ path, why, as: "list" })
    let named = 0
    return inputOf(path, path, "list").pipe(
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
      Stream.tap((text) => {
        const why = noList(text, named++)
        return why === undefined ? Effect.void : Effect.fail(unreadable(why))
      }),
      Stream.concat(Stream.suspend(() => (named === 0 ? Stream.fail(new NamesNothing({ list: path })) : Stream.empty))),
    )
  })
