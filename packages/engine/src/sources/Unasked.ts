/** Where peers, or the data itself, might have been had, and nobody asked. */
import { Schema } from "effect"
import type { Told } from "../told.ts"

/** What was not asked, and why: it was not wanted; a private torrent is looked for at its trackers alone (BEP 27); the torrent names none; only a swarm asks. */
export interface Unasked {
  /** What might have been asked. */
  readonly source: "trackers" | "DHT" | "local discovery" | "peer exchange" | "web seeds"
  /** Why it was not. */
  readonly why: "unwanted" | "private" | "none named" | "strategy"
}

const unasked = {
  source: Schema.Literals(["trackers", "DHT", "local discovery", "peer exchange", "web seeds"]),
  why: Schema.Literals(["unwanted", "private", "none named", "strategy"]),
}

/** Encodes to JSON as it is. */
export const Unasked: Told<Schema.Struct<typeof unasked>, Unasked> = Schema.Struct(unasked)

/** What a torrent has to be asked: nothing is known yet of what a link names by its info hash alone. */
export interface Known {
  readonly private: boolean | undefined
  readonly trackers: ReadonlyArray<unknown>
  readonly unusedTrackers: ReadonlyArray<unknown>
  readonly webSeeds?: ReadonlyArray<unknown> | undefined
}

/** What is wanted: everything, but for what is `false`; web seeds by a swarm alone. */
export interface Wanted {
  readonly trackers?: boolean | undefined
  readonly dht?: boolean | undefined
  readonly lsd?: boolean | undefined
  readonly pex?: boolean | undefined
  readonly webSeeds?: boolean | undefined
  readonly strategy?: "swarm" | "race" | "sequence" | undefined
}

/** What is not asked of a torrent. Why it can't be asked comes before that it is not wanted; of web seeds nothing is said where there are none. */
export const of = (torrent: Known, wanted: Wanted): ReadonlyArray<Unasked> => {
  const unless = (source: Unasked["source"], isWanted: boolean | undefined, cannot: Unasked["why"] | undefined) =>
    cannot !== undefined ? [{ source, why: cannot }] : isWanted === false ? [{ source, why: "unwanted" } as const] : []
  const secluded = torrent.private === true ? "private" : undefined
  const isNamed = torrent.trackers.length + torrent.unusedTrackers.length > 0
  const isSwarm = (wanted.strategy ?? "swarm") === "swarm"
  return [
    ...unless("trackers", wanted.trackers, isNamed ? undefined : "none named"),
    ...unless("DHT", wanted.dht, secluded),
    ...unless("local discovery", wanted.lsd, secluded),
    ...unless("peer exchange", wanted.pex, secluded),
    ...((torrent.webSeeds ?? []).length === 0
      ? []
      : unless("web seeds", wanted.webSeeds, isSwarm ? undefined : "strategy")),
  ]
}
