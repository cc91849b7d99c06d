/** The command tree. */
import { Command } from "effect/cli"
import { download } from "./download.ts"
import { probe } from "./probe.ts"
import { seed } from "./seed.ts"
import { show } from "./show.ts"
import { stream } from "./stream.ts"
import { verify } from "./verify.ts"

export const unchoke = Command.make("unchoke").pipe(
  Command.withDescription("Find the peer that will really give you the file, and download it"),
  Command.withExamples([
    { command: "unchoke probe ubuntu.torrent", description: "Who is there, and who would really give us the file?" },
    { command: "unchoke download ubuntu.torrent --output ~/Downloads", description: "Fetch it" },
    { command: "unchoke stream film.torrent --open", description: "Watch it while it is fetched" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads", description: "Give it to others" },
    {
      command: "unchoke --completions bash >> ~/.bashrc",
      description: "Complete commands and options; zsh and fish too",
    },
  ]),
  Command.withSubcommands([download, stream, seed, probe, show, verify]),
)
