/** Which kinds of sources have named which peers: a fold of `Named` events, in place. */
import { NetAddress } from "effect/net"
import { Origin as Origins, type SurveyEvent } from "@unchoke/engine"

export type Origin = Extract<SurveyEvent, { readonly _tag: "Named" }>["origin"]

export class Provenance {
  readonly #named = new Map<Origin, Set<string>>()

  add(origin: Origin, peers: ReadonlyArray<NetAddress.InetAddress>): void {
    const named = this.#named.get(origin) ?? new Set()
    this.#named.set(origin, named)
    for (const peer of peers) named.add(NetAddress.formatInet(peer))
  }

  /** Those that have named anybody, in the order in which they are told. */
  get all(): ReadonlyArray<Origin> {
    return Origins.literals.filter((origin) => this.#named.has(origin))
  }

  of(peer: NetAddress.InetAddress): ReadonlyArray<Origin> {
    const name = NetAddress.formatInet(peer)
    return this.all.filter((origin) => this.#named.get(origin)!.has(name))
  }

  /** How many peers it has named. */
  count(origin: Origin): number {
    return this.#named.get(origin)?.size ?? 0
  }
}
