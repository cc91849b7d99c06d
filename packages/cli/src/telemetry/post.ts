/**
 * The `HttpClient` by which a collector nearby is told: it posts what it is given, and of an answer it looks at the head alone.
 *
 * Effect's client for Node takes as long to load as everything else that telemetry needs, a tenth of a small download.
 */
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { type IncomingMessage, request as open } from "node:http"

/** So long it may be silent, in milliseconds. */
const patience = 10_000

const client = HttpClient.make((request, url) =>
  Effect.callback((resume) => {
    const body = request.body._tag === "Uint8Array" ? request.body.body : undefined
    const failed = (cause: unknown) =>
      resume(
        Effect.fail(
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) }),
        ),
      )
    const headers = { ...request.headers, "content-type": "application/json", "content-length": body?.length ?? 0 }
    const sent = open(url, { method: request.method, headers, timeout: patience }, (response) => {
      // What it says beside its status nobody wants to know; that it has come to its end frees the connection.
      response.resume().on("error", failed)
      response.on("end", () => resume(Effect.succeed(headOf(request, response))))
    })
    sent.on("error", failed)
    sent.on("timeout", () => sent.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  }),
)

export const layer = Layer.succeed(HttpClient.HttpClient)(client)

/** As much of a `Response` as `HttpClientResponse` looks at: the first real one costs 10 ms. */
const headOf = (request: HttpClientRequest.HttpClientRequest, { headers, statusCode: status = 0 }: IncomingMessage) => {
  const known = Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []))
  const head = { url: request.url, status, headers: known, body: null, arrayBuffer: async () => new ArrayBuffer(0) }
  return HttpClientResponse.fromWeb(request, head as unknown as Response)
}
