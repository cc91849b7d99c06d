/** The command tree. */
import { Command, Flag, GlobalFlag } from "effect/cli"
import { config } from "./config.ts"
import { create } from "./create.ts"
import { download } from "./download.ts"
import { edit } from "./edit.ts"
import { probe } from "./probe.ts"
import { report } from "./report.ts"
import { seed } from "./seed.ts"
import { show } from "./show.ts"
import { stream } from "./stream.ts"
import { verify } from "./verify.ts"

/** It is read before anything is parsed: what it sets is parsed with the rest. */
const settingsFile = GlobalFlag.Setting("config")({
  flag: Flag.String("config").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription("The settings file, instead of unchoke/config.toml in the user's folder for settings"),
    Flag.optional,
  ),
})

export const unchoke = Command.make("unchoke").pipe(
  Command.withDescription("Find the peer that will really give you the file, and download it"),
  Command.withExamples([
    { command: "unchoke probe ubuntu.torrent", description: "Who is there, and who would really give us the file?" },
    { command: "unchoke download ubuntu.torrent --output ~/Downloads", description: "Fetch it" },
    { command: "unchoke stream film.torrent --open", description: "Watch it while it is fetched" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads", description: "Give it to others" },
    { command: "unchoke create ./folder --tracker udp://…", description: "Make a torrent of files of your own" },
    {
      command: "unchoke --completions bash >> ~/.bashrc",
      description: "Complete commands and options; zsh and fish too",
    },
  ]),
  Command.withSubcommands([download, stream, seed, probe, report, show, verify, create, edit, config]),
  Command.withGlobalFlags([settingsFile]),
)
