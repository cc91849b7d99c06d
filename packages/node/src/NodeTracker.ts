/** Trackers over Node's HTTP client, UDP sockets and resolver. */
import * as NodeAddressResolver from "@effect/platform-node/NodeAddressResolver"
import * as NodeDns from "@effect/platform-node/NodeDns"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Layer } from "effect"
import { Tracker, type TrackerOptions } from "unchoke"
import { gunzip } from "./gunzip.ts"
import * as NodeDatagramDialer from "./NodeDatagramDialer.ts"

// `node:http` rather than `fetch`: it follows no redirects, calls the very address it is given under the host's name, and loads faster.
const network = Layer.mergeAll(
  NodeHttpClient.layerNodeHttp,
  NodeDatagramDialer.layer,
  Layer.provide(NodeAddressResolver.layer, NodeDns.layer),
)

export const layerWith = (options: TrackerOptions): Layer.Layer<Tracker> =>
  Layer.provide(Tracker.layerWith({ gunzip, ...options }), network)

export const layer: Layer.Layer<Tracker> = layerWith({})
