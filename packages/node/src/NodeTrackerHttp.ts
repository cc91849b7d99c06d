/**
 * The `HttpClient` that trackers are asked with.
 *
 * `node:http` rather than `fetch`: it follows no redirects, calls the very address it is given under the host's name, and loads faster.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Layer, Scope } from "effect"
import { HttpClient, type HttpClientError } from "effect/http"
import type { AgentOptions } from "node:https"
import * as Tls from "node:tls"

export interface NodeTrackerHttpOptions {
  /** Whether a tracker's certificate is taken as it is, whoever signed it for whomever (default: no). */
  readonly insecure?: boolean
}

const clientWith = (options: AgentOptions) =>
  Effect.provideServiceEffect(NodeHttpClient.makeNodeHttp, NodeHttpClient.HttpAgent, NodeHttpClient.makeAgent(options))

/** A client that takes whatever certificate Node or the system trusts. */
export const layer = ({ insecure = false }: NodeTrackerHttpOptions): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      if (insecure) return yield* clientWith({ rejectUnauthorized: false })
      const client = yield* clientWith({})
      // The system's certificates take Node a twentieth of a second to read, and hold up everything meanwhile: only where its own do not suffice.
      const trusting = yield* Effect.sync(() => Tls.createSecureContext({ ca: trusted() })).pipe(
        Effect.flatMap((secureContext) => clientWith({ secureContext })),
        // A store that cannot be read vouches for nobody.
        Effect.catchDefect(() => Effect.succeed(client)),
        Effect.provideService(Scope.Scope, scope),
        Effect.cached,
      )
      return HttpClient.make((request) =>
        Effect.catchIf(client.execute(request), isUntrusted, () =>
          Effect.flatMap(trusting, (client) => client.execute(request)),
        ),
      )
    }),
  )

/** The authorities that Node knows, those of NODE_EXTRA_CA_CERTS among them, and the system's. */
const trusted = (): Array<string> => [
  ...new Set([...Tls.getCACertificates("default"), ...Tls.getCACertificates("system")]),
]

/** OpenSSL does not know who signed it. */
const isUntrusted = ({ cause }: HttpClientError.HttpClientError): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && unknownIssuer.has(cause.code)

const unknownIssuer: ReadonlySet<unknown> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
])
