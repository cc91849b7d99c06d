/** The `HttpClient` by which a collector is told whose certificate is looked at. A module of its own, since it takes long to load. */
import { NodeTrackerHttp } from "@unchoke/node"

export const layer = NodeTrackerHttp.layer({})
