/** Trackers over Node's HTTP client, UDP sockets and resolver. */
import { Layer } from "effect"
import { Tracker, type TrackerOptions } from "@unchoke/engine"
import { gunzip } from "./gunzip.ts"
import * as NodeDatagramDialer from "./NodeDatagramDialer.ts"
import * as NodeResolver from "./NodeResolver.ts"
import * as NodeTrackerHttp from "./NodeTrackerHttp.ts"

/** What holds for trackers on Node. */
export interface NodeTrackerOptions extends TrackerOptions, NodeTrackerHttp.NodeTrackerHttpOptions {}

/** Trackers over HTTP, HTTPS and UDP. */
export const layerWith = (options: NodeTrackerOptions): Layer.Layer<Tracker> =>
  Layer.provide(
    Tracker.layerWith({ gunzip, ...options }),
    Layer.mergeAll(NodeTrackerHttp.layer(options), NodeDatagramDialer.layer, NodeResolver.layer),
  )

/** `layerWith` with nothing but what is usual. */
export const layer: Layer.Layer<Tracker> = layerWith({})
