/**
 * The `HttpClient` that trackers are asked with, and torrents that are files on the web.
 *
 * `node:http` rather than `fetch`: it follows no redirects, calls the very address it is given under the host's name, and loads faster.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Layer, Scope } from "effect"
import { HttpClient } from "effect/http"
import type { AgentOptions } from "node:https"
import { isUntrusted, trustingSystem } from "./trust.ts"

/** How careful the client is. */
export interface NodeTrackerHttpOptions {
  /** Whether a server's certificate is taken as it is, whoever signed it for whomever (default: no). */
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
      const trusting = yield* Effect.sync(trustingSystem).pipe(
        Effect.flatMap((secureContext) => clientWith({ secureContext })),
        // A store that cannot be read vouches for nobody.
        Effect.catchDefect(() => Effect.succeed(client)),
        Effect.provideService(Scope.Scope, scope),
        Effect.cached,
      )
      return HttpClient.make((request) =>
        Effect.catchIf(
          client.execute(request),
          ({ cause }) => isUntrusted(cause),
          () => Effect.flatMap(trusting, (client) => client.execute(request)),
        ),
      )
    }),
  )
