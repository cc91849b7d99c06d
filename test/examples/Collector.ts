/** An OpenTelemetry collector on loopback: takes OTLP as JSON over HTTP, and keeps what comes. */
import { Effect } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** As `opentelemetry/proto` writes them. */
interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Sent {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<Attribute>
}

export interface Span extends Omit<Sent, "attributes"> {
  readonly attributes: Readonly<Record<string, unknown>>
  /** The names of the spans that it is below, the nearest last, and its own. */
  readonly path: string
}

export class Collector {
  readonly url: string
  /** Bodies by the path that they were sent to. */
  readonly #bodies = new Map<string, Array<string>>()

  constructor(url: string) {
    this.url = url
  }

  take(path: string, body: string): void {
    const bodies = this.#bodies.get(path) ?? []
    this.#bodies.set(path, [...bodies, body])
  }

  /** All that was sent, as it was. */
  get text(): string {
    return [...this.#bodies.values()].flat().join("\n")
  }

  get spans(): ReadonlyArray<Span> {
    const sent = this.#all<{ resourceSpans: Array<{ scopeSpans: Array<{ spans: Array<Sent> }> }> }>(
      "/v1/traces",
    ).flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    )
    const byId = new Map(sent.map((span) => [span.spanId, span]))
    const pathOf = ({ name, parentSpanId }: Sent): string => {
      const parent = parentSpanId === undefined ? undefined : byId.get(parentSpanId)
      return parent === undefined ? name : `${pathOf(parent)} > ${name}`
    }
    return sent.map((span) => ({
      ...span,
      path: pathOf(span),
      attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    }))
  }

  get logs(): ReadonlyArray<string> {
    type Logs = {
      resourceLogs: Array<{
        scopeLogs: Array<{ logRecords: Array<{ severityText: string; body: Attribute["value"] }> }>
      }>
    }
    return this.#all<Logs>("/v1/logs").flatMap(({ resourceLogs }) =>
      resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) =>
          logRecords.map(({ body, severityText }) => `${severityText} ${String(Object.values(body)[0])}`),
        ),
      ),
    )
  }

  get metrics(): ReadonlySet<string> {
    type Sums = { resourceMetrics: Array<{ scopeMetrics: Array<{ metrics: Array<{ name: string }> }> }> }
    const all = this.#all<Sums>("/v1/metrics").flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
    )
    return new Set(all.map(({ name }) => name))
  }

  #all<Body>(path: string): ReadonlyArray<Body> {
    return (this.#bodies.get(path) ?? []).map((body) => JSON.parse(body) as Body)
  }
}

/** Until the scope ends. */
export const collector = Effect.map(
  Effect.acquireRelease(
    Effect.callback<{ readonly taking: Collector; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          taking.take(request.url ?? "", Buffer.concat(chunks).toString())
          response.setHeader("content-type", "application/json")
          response.end("{}")
        })
      })
      let taking: Collector
      server.listen(0, "127.0.0.1", () => {
        taking = new Collector(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ taking, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  ),
  ({ taking }) => taking,
)
