/** Where the peers of a torrent are found that may be looked for where everybody sees it. */
import type { PeerSource } from "../sources/PeerSource.ts"
import type { PublicInfoHash } from "../sources/PublicInfoHash.ts"
import type { Session } from "./Session.ts"

export interface PublicSourcesOptions {
  readonly lsd?: boolean | undefined
}

/** Of a private torrent there is no such info hash, and nothing is looked for (BEP 27). */
export const publicSources = (
  { localDiscovery }: Session["Service"],
  infoHash: PublicInfoHash | undefined,
  { lsd = true }: PublicSourcesOptions,
): ReadonlyArray<PeerSource> =>
  infoHash === undefined || localDiscovery === undefined || !lsd ? [] : [localDiscovery.of(infoHash)]
