/** The command tree. */
import { Command } from "effect/cli"
import { create } from "./create.ts"
import { download } from "./download.ts"
import { edit } from "./edit.ts"
import { probe } from "./probe.ts"
import { seed } from "./seed.ts"
import { show } from "./show.ts"
import { verify } from "./verify.ts"

export const unchoke = Command.make("unchoke").pipe(
  Command.withDescription("Find the peer that will really give you the file, and download it"),
  Command.withExamples([
    { command: "unchoke probe ubuntu.torrent", description: "Who is there, and who would really give us the file?" },
    { command: "unchoke download ubuntu.torrent --output ~/Downloads", description: "Fetch it" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads", description: "Give it to others" },
    { command: "unchoke create ./folder --tracker udp://…", description: "Make a torrent of files of your own" },
    {
      command: "unchoke --completions bash >> ~/.bashrc",
      description: "Complete commands and options; zsh and fish too",
    },
  ]),
  Command.withSubcommands([download, seed, probe, show, verify, create, edit]),
)
