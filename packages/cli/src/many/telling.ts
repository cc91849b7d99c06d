/** How it is told that something of several has failed: as it happens, each in its words or as a line of JSON, and not ten thousand times. */
import { Effect } from "effect"
import { failureLine } from "../commands/explained.ts"
import { type Failure, failure } from "../render/failure.ts"
import type { Given } from "../render/Given.ts"
import { named } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { InForce } from "../settings/Setting.ts"
import { shownSource } from "../torrentFile.ts"
import type { Naming } from "./Naming.ts"
import { Told } from "./Told.ts"

export interface TellingOptions extends Omit<Given, "torrent"> {
  readonly json: boolean
  readonly inWords?: ((error: Failure, given: Given) => ReadonlyArray<string>) | undefined
}

/** On the screen that there is now. */
export const telling = Effect.fnUntraced(function* ({ inWords = failure, json, ...given }: TellingOptions) {
  const screen = yield* Screen.Screen
  const told = new Told()

  /** Of a torrent by its name, or of what was to name some; `more` is said below it. */
  const tell = Effect.fnUntraced(function* (name: string | undefined, text: string, error: Failure, more?: string) {
    if (json) yield* Screen.print(failureLine(error))
    const [first, ...rest] = inWords(error, { ...given, torrent: text, settings: yield* InForce })
    yield* screen.note(`${screen.err.red("error:")} ${name === undefined ? first! : named(first!, name)}`)
    // Below it, and not by itself: the next line may be about another torrent.
    const lines = more === undefined ? rest : [...rest, more]
    yield* Effect.forEach(lines, (line) => screen.note(line.startsWith(" ") ? line : `  ${line}`), { discard: true })
  })

  /** Of one of many that could not be read: a line of JSON each; in words each argument, for somebody has typed it. */
  const tellOfMany = Effect.fnUntraced(function* ({ by, text }: Naming, error: Failure) {
    const how = by === "argument" ? "tell" : told.next(yield* Screen.monotonic)
    if (how === "tell") return yield* tell(shownSource(text), text, error)
    if (json) yield* Screen.print(failureLine(error))
    if (how !== "count") yield* screen.note("More of them cannot be read: for a minute they are counted, not named.")
  })
  return { tell, tellOfMany }
})
