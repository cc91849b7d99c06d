/** Everyone that we are connected to, as a table shows them: a fold of a download's or a seed's events, in place. */
import type { Geometry } from "@unchoke/protocol"
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import type { DownloadEvent, Seen, Standing } from "@unchoke/engine"
import { RecentRate as Rate } from "@unchoke/engine/internal"

export interface PeerRow {
  /** Its address, or the host of a web seed. */
  readonly name: string
  client: string | undefined
  standing: Standing | "pausing"
  /** Whether we serve it. */
  serving: boolean
  /** How many pieces it has, as far as it has said so, or at least has got from us: hardly anybody tells a seed of what it gets. */
  has: number | undefined
  /** Bytes that we gave it. */
  given: number
  down: Rate.Rate
  up: Rate.Rate
  readonly joinedAt: number
  /** Since when it has had something for us and chokes us, and how long it took the first time that it didn't. */
  parkedAt: number | undefined
  unchoke: number | undefined
}

export class PeerRows {
  readonly #geometry: Geometry.Geometry
  readonly #rows = new Map<string, PeerRow>()

  constructor(geometry: Geometry.Geometry) {
    this.#geometry = geometry
  }

  /** `isSwarm`: there are many who come and go, none of them chosen to supply. */
  see(event: DownloadEvent, now: number, isSwarm: boolean): void {
    switch (event._tag) {
      case "Joined": {
        const name = NetAddress.formatInet(event.peer)
        const row = fresh(name, now, isSwarm ? "idle" : "supplying")
        know(row, event.seen)
        return void this.#rows.set(name, row)
      }
      case "Identified":
        return this.#change(event, (row) => know(row, event.seen))
      case "Standing":
        return this.#change(event, (row) => stand(row, event.standing, event.serving, now))
      case "Has":
        return this.#change(event, (row) => void (row.has = Math.max(event.pieces, this.#got(row))))
      case "Received":
        return this.#change(event, (row) => void (row.down = Rate.add(row.down, event.bytes, now)))
      case "Sent":
        return this.#change(event, (row) => {
          row.up = Rate.add(row.up, event.bytes, now)
          row.given += event.bytes
          const got = this.#got(row)
          if (got > (row.has ?? 0)) row.has = got
        })
      case "Left":
        return void this.#rows.delete(NetAddress.formatInet(event.peer))
      case "WebSeedJoined": {
        const row = fresh(hostOf(event.url), now, "supplying")
        row.client = "web seed"
        row.has = this.#geometry.pieces
        return void this.#rows.set(event.url, row)
      }
      case "WebSeedReceived": {
        const row = this.#rows.get(event.url)
        if (row === undefined) return
        row.standing = "supplying"
        row.down = Rate.add(row.down, event.bytes, now)
        return
      }
      case "WebSeedPaused": {
        const row = this.#rows.get(event.error.url)
        if (row !== undefined) row.standing = "pausing"
        return
      }
      case "WebSeedLeft":
        return void this.#rows.delete(event.error.url)
    }
  }

  get all(): ReadonlyArray<PeerRow> {
    return [...this.#rows.values()]
  }

  get size(): number {
    return this.#rows.size
  }

  /** So many whole pieces at least are what we gave it. */
  #got({ given }: PeerRow): number {
    const { length, pieceLength, pieces } = this.#geometry
    return given >= length ? pieces : Math.floor(given / pieceLength)
  }

  #change({ peer }: { readonly peer: NetAddress.InetAddress }, change: (row: PeerRow) => void): void {
    const row = this.#rows.get(NetAddress.formatInet(peer))
    if (row !== undefined) change(row)
  }
}

export const down = ({ down, joinedAt }: PeerRow, now: number): number => Rate.at(down, joinedAt, now)
export const up = ({ joinedAt, up }: PeerRow, now: number): number => Rate.at(up, joinedAt, now)

/** How long it took to unchoke us, or has taken so far, in milliseconds. */
export const unchoke = ({ parkedAt, unchoke }: PeerRow, now: number): number | undefined =>
  unchoke ?? (parkedAt === undefined ? undefined : now - parkedAt)

const fresh = (name: string, now: number, standing: PeerRow["standing"]): PeerRow => ({
  name,
  client: undefined,
  standing,
  serving: false,
  has: undefined,
  given: 0,
  down: Rate.none,
  up: Rate.none,
  joinedAt: now,
  parkedAt: undefined,
  unchoke: undefined,
})

const know = (row: PeerRow, { client, have, unchoke }: Seen): void => {
  row.client = client ?? row.client
  row.has = have ?? row.has
  if (unchoke !== undefined) row.unchoke = Duration.toMillis(unchoke)
}

const stand = (row: PeerRow, standing: Standing, serving: boolean, now: number): void => {
  if (standing === "parked") row.parkedAt ??= now
  if (standing === "supplying") row.unchoke ??= now - (row.parkedAt ?? row.joinedAt)
  row.standing = standing
  row.serving = serving
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? url
