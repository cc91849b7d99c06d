/** How a command that failed tells so: in words on stderr, and with `--json` as the last line on stdout as well. */
import { Effect, Schema } from "effect"
import { InvalidTorrent, NoPeers, NoSuitablePeer, StorageError, UnsupportedTorrent } from "unchoke"
import { type Failure, failure, type Given } from "../render/failure.ts"
import { Screen } from "../Screen.ts"
import { UnreadableTorrent } from "../torrentFile.ts"

const toJson = Schema.encodeSync(
  Schema.fromJsonString(
    Schema.Union([NoSuitablePeer, NoPeers, StorageError, InvalidTorrent, UnsupportedTorrent, UnreadableTorrent]),
  ),
)

export const explained =
  <F extends Failure>(
    flags: Given & { readonly json?: boolean },
    inWords: (error: F, given: Given) => ReadonlyArray<string> = failure,
  ) =>
  <A, R>(command: Effect.Effect<A, F, R>): Effect.Effect<A, F, R | Screen> =>
    Effect.tapError(
      command,
      Effect.fnUntraced(function* (error) {
        const screen = yield* Screen
        if (flags.json === true) yield* screen.print(toJson(error))
        const [first, ...rest] = inWords(error, flags)
        yield* screen.note(`${screen.err.red("error:")} ${first}`)
        yield* Effect.forEach(rest, screen.note, { discard: true })
      }),
    )
