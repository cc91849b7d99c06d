/** Reads a recording: line by line, for it may be longer than there is room for. */
import { Effect, type Stdio, Stream } from "effect"
import { inputOf, stdin } from "../inputOf.ts"
import * as Units from "../render/units.ts"
import { UnreadableTorrent } from "../torrentFile.ts"
import { type Recorded, Recording } from "./Recording.ts"

/** In bytes: a hundred times what a probe of ten thousand peers prints. */
const longest = 512 << 20

/** No line is longer, in characters: the longest names ten thousand peers. */
const longestLine = 1 << 20

/** `path`: a file, a pipe, or "-", which is stdin. */
export const readRecording = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<Recorded, UnreadableTorrent, Stdio.Stdio> {
  const name = path === stdin ? "the recording on stdin" : path
  const unreadable = (why: string) => new UnreadableTorrent({ path: name, why })
  const recording = new Recording()
  const decoder = new TextDecoder()
  let length = 0
  let rest = ""
  const take = (text: string): string | undefined => {
    const lines = (rest + text).split("\n")
    rest = lines.pop()!
    for (const line of lines) {
      const fault = recording.take(line)
      if (fault !== undefined) return fault
    }
    return rest.length > longestLine ? "it has a line that is longer than any is that `probe --json` prints" : undefined
  }
  yield* Stream.runForEach(inputOf(path, name), (bytes) => {
    length += bytes.length
    const fault =
      length > longest
        ? `it is longer than ${Units.bytes(longest)}, and so than any probe is`
        : take(decoder.decode(bytes, { stream: true }))
    return fault === undefined ? Effect.void : Effect.fail(unreadable(fault))
  })
  const recorded = take(`${decoder.decode()}\n`) ?? recording.end()
  return typeof recorded === "string" ? yield* unreadable(recorded) : recorded
})
