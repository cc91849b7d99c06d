/** Web servers that people have, each serving a folder at a port of loopback. */
import { Effect, FileSystem, type PlatformError, type Scope } from "effect"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { createReadStream, statSync } from "node:fs"
import { createServer } from "node:http"
import { connect } from "node:net"
import { join } from "node:path"
import { freePort } from "../loopback.ts"
import { daemon, type ProcessFailed } from "../Process.ts"
import { command, python, type Tool } from "../Tool.ts"

export interface WebServer {
  readonly name: string
  readonly tools: ReadonlyArray<Tool>
  /** Whether it gives parts of files. */
  readonly ranges: boolean
  /** Serves a folder while the scope is open; the URL of it. */
  readonly serve: (
    folder: string,
  ) => Effect.Effect<
    string,
    ProcessFailed | PlatformError.PlatformError,
    ChildProcessSpawner | FileSystem.FileSystem | Scope.Scope
  >
}

const host = "127.0.0.1"

const answers = (port: number, at = host) =>
  Effect.callback<boolean>((resume) => {
    const socket = connect(port, at, () => resume(Effect.succeed(true)))
    socket.on("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

/** nginx, which sends so many bytes a second over each connection. */
export const nginxAt = (rate: number): WebServer => ({
  name: "nginx",
  tools: [command("nginx")],
  ranges: true,
  serve: Effect.fnUntraced(function* (folder) {
    const fs = yield* FileSystem.FileSystem
    const home = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-nginx-" })
    const port = yield* freePort(host)
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (what) => `${what}_temp_path ${join(home, what)};`,
    )
    yield* fs.writeFileString(
      join(home, "nginx.conf"),
      `daemon off; master_process off; pid ${join(home, "pid")}; error_log stderr;
       events {}
       http { access_log off; sendfile on; limit_rate ${rate}; ${temporary.join(" ")} server { listen ${host}:${port}; root "${folder}"; } }`,
    )
    const { until } = yield* daemon("nginx", ["-p", home, "-c", join(home, "nginx.conf"), "-e", "stderr"])
    yield* until("that it listens", answers(port))
    return `http://${host}:${port}/`
  }),
})

export const nginx = nginxAt(0)

/** It has no idea of ranges, and speaks HTTP/1.0. */
export const pythonServerAt = (host: string): WebServer => ({
  name: "python",
  tools: [{ name: "python3", installed: () => statSync(python, { throwIfNoEntry: false }) !== undefined }],
  ranges: false,
  serve: Effect.fnUntraced(function* (folder) {
    const port = yield* freePort(host)
    const { until } = yield* daemon(python, ["-m", "http.server", "--bind", host, "--directory", folder, String(port)])
    yield* until("that it listens", answers(port, host))
    return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`
  }),
})

export const pythonServer = pythonServerAt(host)

/** Answers in chunks, without a length. */
export const nodeServer: WebServer = {
  name: "node",
  tools: [],
  ranges: true,
  serve: (folder) =>
    Effect.acquireRelease(
      Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
        const server = createServer((request, response) => {
          const path = join(folder, decodeURIComponent(new URL(request.url!, "http://x").pathname))
          const size = statSync(path, { throwIfNoEntry: false })?.size
          const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
          if (size === undefined || range === null) return void response.writeHead(404).end()
          const [start, end] = [Number(range[1]), Number(range[2])]
          response.writeHead(206, { "content-range": `bytes ${start}-${end}/${size}` })
          createReadStream(path, { start, end }).pipe(response)
        }).listen(0, host, () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(
            Effect.succeed({
              url: `http://${host}:${port}/`,
              close: () => server.close().closeAllConnections(),
            }),
          )
        })
      }),
      ({ close }) => Effect.sync(close),
    ).pipe(Effect.map(({ url }) => url)),
}
