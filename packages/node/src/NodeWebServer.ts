/** Web servers over Node's TCP, TLS and resolver. */
import { Layer } from "effect"
import { HttpWebServer, type WebServer } from "@unchoke/engine"
import * as NodeResolver from "./NodeResolver.ts"
import * as NodeWebDialer from "./NodeWebDialer.ts"

/** What holds for web servers on Node. */
export interface NodeWebServerOptions extends HttpWebServer.WebServerOptions, NodeWebDialer.NodeWebDialerOptions {}

/** Web servers over HTTP and HTTPS. */
export const layerWith = (options: NodeWebServerOptions): Layer.Layer<WebServer> =>
  Layer.provide(HttpWebServer.layerWith(options), Layer.mergeAll(NodeWebDialer.layer(options), NodeResolver.layer))

/** `layerWith` with nothing but what is usual. */
export const layer: Layer.Layer<WebServer> = layerWith({})
