/** aria2 1.36. It takes two seconds to say good-bye, so a script makes a file when it has everything. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { type Client, port } from "./Client.ts"
import { versionOf } from "./version.ts"

export const aria2: Client = {
  name: "aria2",
  title: "aria2",
  settings:
    "`--seed-time=0`; DHT, local discovery and peer exchange off; files not written before they are filled (`--file-allocation=none`), any number of peers (`--bt-max-peers=0`). Done when it calls its script.",
  version: versionOf("aria2c", ["--version"], /aria2 version (\S+)/),
  from: "apt install aria2",
  download: Effect.fnUntraced(function* ({ entrance, torrent, output, home }) {
    const fs = yield* FileSystem.FileSystem
    const script = join(home, "finished.sh")
    const marker = join(home, "finished")
    // What a link stands for is a download of its own to it, of a file that is none.
    yield* fs.writeFileString(script, `#!/bin/sh\ncase "$3" in "[METADATA]"*) ;; *) touch "${marker}" ;; esac\n`, {
      mode: 0o755,
    })
    const dht =
      entrance === undefined
        ? []
        : ["--enable-dht=true", `--dht-entry-point=${entrance}`, `--dht-file-path=${join(home, "dht.dat")}`]
    const told = ["--seed-time=0", `--dir=${output}`, `--on-bt-download-complete=${script}`]
    const args = [...options, ...dht, ...told, torrent]
    return { command: "aria2c", args, marker }
  }),
  join: ({ torrent, output }) =>
    Effect.succeed({
      command: "aria2c",
      args: [
        ...options,
        "--check-integrity=true",
        "--seed-ratio=0.0",
        `--listen-port=${port}`,
        `--dir=${output}`,
        torrent,
      ],
    }),
  show: (torrent) => ({ command: "aria2c", args: ["--no-conf", "--show-files", torrent] }),
  printVersion: { command: "aria2c", args: ["--version"] },
}

const options = [
  "--no-conf",
  "--quiet=true",
  "--enable-dht=false",
  "--enable-dht6=false",
  "--bt-enable-lpd=false",
  "--enable-peer-exchange=false",
  "--file-allocation=none",
  "--bt-max-peers=0",
]
