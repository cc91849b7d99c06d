/** A report in a file of the user's choice, or on stdout: all of it or nothing, and never in the place of anything but a report. */
import { Effect, FileSystem } from "effect"
import { platformInWords, Unwritable } from "../torrentFile.ts"
import { type Place, placeOf, write } from "../output.ts"

/** So much of a file tells whether it is a report. */
const enough = 64

/** Where it will be written. Fails where there is something else than a report, before anybody has waited for one. `begins`: how ours begin. */
export const placeOfReport = Effect.fnUntraced(function* (path: string, begins: string) {
  const place = yield* placeOf(path, "", true)
  if (place.absolute === undefined) return place
  const unwritable = (why: string) => new Unwritable({ path, why })
  const begin = yield* beginOf(place.absolute).pipe(
    Effect.catchTag("PlatformError", (error) =>
      error.reason._tag === "NotFound" ? Effect.succeed("") : Effect.fail(unwritable(platformInWords(error))),
    ),
  )
  if (begin === undefined) return yield* unwritable("something else than a file is there")
  if (begin === "" || begin.startsWith(begins)) return place
  return yield* unwritable("it is there already, and is no report")
})

/** `undefined` of what is no file: of a pipe the beginning would be waited for. */
const beginOf = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  if ((yield* fs.stat(path)).type !== "File") return undefined
  const file = yield* fs.open(path, { flag: "r" })
  const bytes = yield* file.readAlloc(enough)
  return bytes._tag === "Some" ? Buffer.from(bytes.value).toString("latin1") : ""
}, Effect.scoped)

export const writeReport = (place: Place, text: string) => write(place, new TextEncoder().encode(text))
