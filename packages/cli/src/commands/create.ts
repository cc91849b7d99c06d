/** `unchoke create`: a torrent of files of one's own. */
import { Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { createdJson } from "../render/creation.ts"
import { failureOfCreation } from "../render/failure.ts"
import * as Screen from "../Screen.ts"
import { created, sayCreated } from "./creating.ts"
import { creation, force, output } from "./creationFlags.ts"
import { endedLine, explained } from "./explained.ts"
import { oneOutput } from "./oneOutput.ts"
import { anyPath, asTyped, jsonLines, quiet } from "./options.ts"

const path = Argument.Path("path", anyPath).pipe(
  Argument.map(asTyped),
  Argument.withDescription("The file or folder to make a torrent of"),
)

export const create = Command.make(
  "create",
  { path, output: output(), ...creation, force, json: jsonLines, quiet },
  Effect.fn("create")(function* (flags) {
    const began = yield* Screen.monotonic
    const made = yield* created(
      flags.path,
      flags,
      Option.getOrElse(flags.output, () => "."),
    ).pipe(explained({ torrent: flags.path, json: flags.json }, failureOfCreation))
    yield* sayCreated(made, flags, (yield* Screen.monotonic) - began)
    if (flags.json) yield* Screen.print(endedLine(createdJson(made)))
  }),
).pipe(
  Command.validate((flags) => oneOutput({ ...flags, by: "output", file: flags.output, usually: true })),
  Command.withDescription("Make a torrent of a file or a folder; prints its info hash and a magnet link"),
  Command.withExamples([
    { command: "unchoke create ./folder --tracker udp://tracker.example.org:6969/announce" },
    {
      command: "unchoke create film.mkv --web-seed https://example.org/film.mkv --output ~/torrents",
      description: "Found through the DHT; a web server has it too",
    },
    {
      command: "unchoke create ./folder -t https://a.example/announce,https://b.example/announce -t udp://c.example:80",
      description: "Two tiers: the first two share one",
    },
  ]),
)
