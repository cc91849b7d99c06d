/** What is there, what was fetched and what was given in all: a fold of a download's or a seed's events. */
import type { DownloadEvent, Torrent } from "@unchoke/engine"

export interface Totals {
  /** How many pieces are there, and how many bytes they are; and how many were there before. */
  readonly stored: number
  /** How many pieces were not looked at whether they are there, while that is not all of them. */
  readonly unchecked: number | undefined
  readonly bytes: number
  readonly before: number
  readonly uploaded: number
  /** How many of the pieces the disk gave no more when they were asked for: somebody else has changed or removed a file. */
  readonly lost: number
  /** How many pieces are wanted, and how many bytes they are, where that is not all. */
  readonly wanted?: { readonly pieces: number; readonly bytes: number }
}

export const none: Totals = { stored: 0, unchecked: undefined, bytes: 0, before: 0, uploaded: 0, lost: 0 }

export const step = (self: Totals, event: DownloadEvent): Totals => {
  switch (event._tag) {
    case "Checking":
      return {
        ...self,
        stored: event.present,
        unchecked: event.pieces - event.checked,
        bytes: event.bytes,
        before: event.bytes,
      }
    case "Chosen":
      return { ...self, wanted: { pieces: event.pieces, bytes: event.bytes } }
    case "PieceStored":
      return { ...self, stored: event.stored, bytes: self.bytes + event.bytes }
    case "PieceLost":
      return { ...self, lost: self.lost + 1 }
    case "Sent":
      return { ...self, uploaded: self.uploaded + event.bytes }
    default:
      return self
  }
}

/** As JSON tells it: `downloaded` bytes are verified ones, `ratio` is `uploaded` by the length of what is wanted. */
export const summary = (
  { before, bytes, lost, stored, unchecked, uploaded, wanted }: Totals,
  torrent: Torrent | undefined,
): object => ({
  stored,
  ...(torrent !== undefined && { pieces: wanted?.pieces ?? torrent.geometry.pieces }),
  bytes,
  ...(torrent !== undefined && unchecked !== 0 && { unchecked: unchecked ?? torrent.geometry.pieces }),
  ...(lost > 0 && { lost }),
  downloaded: bytes - before,
  uploaded,
  ratio: Math.round((uploaded / Math.max(1, wanted?.bytes ?? torrent?.geometry.length ?? 1)) * 10_000) / 10_000,
})
