/** When each peer of a survey was dialled, stood, had told what it has, and was done with: a fold of the survey's events and their times, in place. */
import { NetAddress } from "effect/net"
import type { SurveyEvent } from "@unchoke/engine"

/** Milliseconds since the survey began. */
export interface Times {
  readonly dialled: number
  readonly connected?: number
  readonly parked?: number
  readonly ended?: number
}

export class Timeline {
  readonly #times = new Map<string, Times>()
  /** When the last event came. */
  #last = 0

  see(event: SurveyEvent, at: number): void {
    this.until(at)
    switch (event._tag) {
      case "Dialling":
        return void this.#times.set(NetAddress.formatInet(event.peer), { dialled: at })
      case "Connected":
        return this.#add(event.peer, at, { connected: at })
      case "Parked":
        return this.#add(event.peer, at, { parked: at })
      case "Passed":
      case "Partial":
      case "Rejected":
        return this.#add(event.peer, at, { ended: at })
    }
  }

  /** Something else came. */
  until(at: number): void {
    this.#last = Math.max(this.#last, at)
  }

  get took(): number {
    return this.#last
  }

  of(peer: NetAddress.InetAddress): Times {
    return this.#times.get(NetAddress.formatInet(peer)) ?? { dialled: 0, ended: 0 }
  }

  /** Of a peer that was called again only the last call counts. */
  #add(peer: NetAddress.InetAddress, at: number, times: Partial<Times>): void {
    const name = NetAddress.formatInet(peer)
    this.#times.set(name, { ...(this.#times.get(name) ?? { dialled: at }), ...times })
  }
}
