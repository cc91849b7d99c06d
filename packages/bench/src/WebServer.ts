/** nginx, which serves a folder as long as the scope is open. */
import { Effect, FileSystem } from "effect"
import { ChildProcess } from "effect/process"
import { join } from "node:path"
import { listens } from "./listens.ts"
import { run } from "./run.ts"

export const isInstalled = Effect.map(run("nginx", ["-v"]), ({ exitCode }) => exitCode === 0)

/** `home` is an empty folder for its own files. The URL of the folder it serves. */
export const start = Effect.fnUntraced(function* (
  folder: string,
  home: string,
  { address, port }: { readonly address: string; readonly port: number },
) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(home)
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (what) => `${what}_temp_path ${join(home, what)};`,
  )
  const configuration = join(home, "nginx.conf")
  // Root, because in a namespace of a plain user there is nobody else for its files to belong to.
  yield* fs.writeFileString(
    configuration,
    `user root root; daemon off; master_process off; pid ${join(home, "pid")}; error_log stderr;
     events {}
     http { access_log off; sendfile on; ${temporary.join(" ")} server { listen ${address}:${port}; root "${folder}"; } }\n`,
  )
  yield* ChildProcess.make("nginx", ["-p", home, "-c", configuration, "-e", "stderr"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    detached: false,
  })
  yield* listens({ address, port })
  return `http://${address}:${port}/`
})
