/** A collector of telemetry on loopback that takes whatever it is sent, and throws it away; and somebody who asks a program for its metrics. */
import { Effect } from "effect"
import { createServer, get } from "node:http"

/** Listens until the scope closes; the URL that `--otlp` takes. */
export const start = (address: string, port: number) =>
  Effect.acquireRelease(
    Effect.callback<() => void>((resume) => {
      const server = createServer((request, response) => {
        request.resume().on("end", () => {
          response.writeHead(200, { "content-type": "application/json", "content-length": 2 })
          response.end("{}")
        })
      })
      server.once("error", (cause) => resume(Effect.die(cause)))
      server.listen(port, address, () => {
        resume(Effect.succeed(() => void (server.close(), server.closeAllConnections())))
      })
    }),
    (close) => Effect.sync(close),
  ).pipe(Effect.as(`http://${address}:${port}`))

/** Asks this machine's port for metrics every second, as long as it is let: fifteen times as often as Prometheus does. */
export const scraping = (port: number): Effect.Effect<never> =>
  Effect.callback<void>((resume) => {
    const request = get({ host: "127.0.0.1", port, path: "/metrics", agent: false }, (response) => {
      response.resume().on("close", () => resume(Effect.void))
    })
    // Not there yet, or not any more.
    request.on("error", () => resume(Effect.void))
    return Effect.sync(() => request.destroy())
  }).pipe(Effect.andThen(Effect.sleep("1 second")), Effect.forever)
