/** A torrent's place among those that one command was given: who is told what becomes known of it, and may have it refused. */
import { Effect, type Stream } from "effect"
import type { DownloadEvent, Torrent } from "@unchoke/engine"
import type { SameFiles } from "./SameFiles.ts"

export interface Place {
  /** Whether there are others. */
  readonly isShared: boolean
  /** It is known now what the torrent of a link is. Never ends when there is no place for it: then `through` fails. */
  readonly enter: (torrent: Torrent) => Effect.Effect<void>
  /** What happens to it. */
  readonly through: <E, R>(events: Stream.Stream<DownloadEvent, E, R>) => Stream.Stream<DownloadEvent, E | SameFiles, R>
}

/** Of a command that was given one torrent. */
export const alone: Place = { isShared: false, enter: () => Effect.void, through: (events) => events }
