/** The command tree. */
import { Command } from "effect/cli"
import { download } from "./download.ts"
import { probe } from "./probe.ts"
import { show } from "./show.ts"
import { verify } from "./verify.ts"

export const unchoke = Command.make("unchoke").pipe(
  Command.withDescription("Find the peer that will really give you the file, and download it"),
  Command.withSubcommands([download, probe, show, verify]),
)
