/** Web servers over Node's TCP, TLS and resolver. */
import { Layer } from "effect"
import { HttpWebServer, type WebServer } from "@unchoke/engine/internal"
import * as NodeResolver from "./NodeResolver.ts"
import * as NodeWebDialer from "./NodeWebDialer.ts"

export interface NodeWebServerOptions extends HttpWebServer.WebServerOptions, NodeWebDialer.NodeWebDialerOptions {}

export const layerWith = (options: NodeWebServerOptions): Layer.Layer<WebServer> =>
  Layer.provide(HttpWebServer.layerWith(options), Layer.mergeAll(NodeWebDialer.layer(options), NodeResolver.layer))

export const layer: Layer.Layer<WebServer> = layerWith({})
