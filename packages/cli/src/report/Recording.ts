/** A survey as it was printed with `--json`: each line an event and, in `at`, when it came; the first says which torrent it is about. */
import { Effect, Result, Schema } from "effect"
import { SurveyEvent } from "@unchoke/engine"
import { Survey } from "../render/Survey.ts"
import { UnreadableTorrent } from "../torrentFile.ts"
import type { About } from "./Report.ts"
import { Timeline } from "./Timeline.ts"

/** The first line. */
export const Probing = Schema.TaggedStruct("Probing", {
  name: Schema.String,
  infoHash: Schema.String,
  bytes: Schema.Int,
  pieces: Schema.Int,
})

const Line = Schema.fromJsonString(Schema.Struct({ _tag: Schema.String, at: Schema.optional(Schema.Finite) }))

const eventFrom = Schema.decodeUnknownResult(Schema.fromJsonString(SurveyEvent))
const beginFrom = Schema.decodeUnknownResult(Schema.fromJsonString(Probing))
const lineFrom = Schema.decodeUnknownResult(Line)

const eventTags: ReadonlySet<string> = new Set(Object.keys(SurveyEvent.cases))

/** What was recorded in a text. A last line that is cut is left out; lines of other kinds are skipped. */
export const readRecording = Effect.fnUntraced(function* (path: string, text: string) {
  const unreadable = (why: string) => new UnreadableTorrent({ path, why })
  const survey = new Survey()
  const timeline = new Timeline()
  let about: About | undefined
  const lines = text.split("\n")
  for (const [at, line] of lines.entries()) {
    const isCut = at === lines.length - 1
    if (line.trim() === "") continue
    const known = Result.getOrUndefined(lineFrom(line))
    if (known === undefined) {
      if (isCut) break
      return yield* unreadable(`line ${at + 1} is none that \`probe --json\` prints`)
    }
    if (known._tag === "Probing") about = Result.getOrUndefined(beginFrom(line))
    if (!eventTags.has(known._tag)) continue
    const event = Result.getOrUndefined(eventFrom(line))
    if (event === undefined) return yield* unreadable(`line ${at + 1} makes no sense`)
    survey.see(event)
    timeline.see(event, known.at ?? 0)
  }
  if (about === undefined) return yield* unreadable("it does not begin as what `probe --json` prints does")
  return { about, survey, timeline }
})
