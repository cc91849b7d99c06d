/**
 * Nodes that we have heard of, and have yet to see whether they answer.
 *
 * Plain and synchronous. Invariants: at most `maxToMeet`, each once; only whom the table wants is asked.
 */
import type { NetAddress } from "effect/net"
import type { Correspondence } from "./Correspondence.ts"
import * as Endpoint from "./Endpoint.ts"
import type * as Krpc from "./Krpc.ts"
import { deadline } from "./Lookup.ts"
import type { RoutingTable } from "./RoutingTable.ts"

const maxToMeet = 32

export class Introductions {
  readonly #family: NetAddress.IpFamily
  readonly #toMeet = new Map<Endpoint.Endpoint, Krpc.Contact>()

  constructor(family: NetAddress.IpFamily) {
    this.#family = family
  }

  get any(): boolean {
    return this.#toMeet.size > 0
  }

  /** They may be worth knowing. */
  add(contacts: Iterable<Krpc.Contact>, table: RoutingTable): void {
    for (const contact of contacts) {
      if (this.#toMeet.size >= maxToMeet) return
      if (Endpoint.familyOf(contact.endpoint) === this.#family && table.wants(contact)) {
        this.#toMeet.set(contact.endpoint, contact)
      }
    }
  }

  /** As many as may be are asked whether they are there. */
  meet(post: Correspondence, table: RoutingTable, now: number): void {
    for (const [endpoint, contact] of this.#toMeet) {
      if (!post.hasRoom || !post.mayAsk(now)) return
      this.#toMeet.delete(endpoint)
      if (table.wants(contact)) post.ask(endpoint, { method: "ping" }, now, deadline, () => {})
    }
  }
}
