/** A report in a file of the user's choice. */
import { Effect, FileSystem } from "effect"
import { platformInWords, Unwritable } from "../torrentFile.ts"

/** So much of a file tells whether it is a report. */
const enough = 64

/** Fails where there is something else than a report, before anybody has waited for one. `begins`: how ours begin. */
export const mayBeWritten = Effect.fnUntraced(function* (path: string, begins: string) {
  const fs = yield* FileSystem.FileSystem
  const unwritable = (why: string) => new Unwritable({ path, why })
  const begin = yield* fs.open(path, { flag: "r" }).pipe(
    Effect.flatMap((file) => file.readAlloc(enough)),
    Effect.scoped,
    Effect.map((bytes) => (bytes._tag === "Some" ? Buffer.from(bytes.value).toString("latin1") : "")),
    Effect.catchTag("PlatformError", (error) =>
      error.reason._tag === "NotFound" ? Effect.succeed(undefined) : Effect.fail(unwritable(platformInWords(error))),
    ),
  )
  if (begin === undefined || begin === "" || begin.startsWith(begins)) return
  return yield* unwritable("it is there already, and is no report")
})

export const writeReport = (path: string, text: string) =>
  FileSystem.FileSystem.use((fs) => fs.writeFileString(path, text)).pipe(
    Effect.mapError((error) => new Unwritable({ path, why: platformInWords(error) })),
  )
