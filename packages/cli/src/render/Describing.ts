/** How far it is known what the torrent of a link is: a fold of a download's first events. */
import type { DownloadEvent, SurveyEvent } from "@unchoke/engine"
import * as Swarm from "./Swarm.ts"
import { count } from "./text.ts"
import * as Units from "./units.ts"

export interface Describing {
  readonly swarm: Swarm.Swarm
  /** How many peers are asked. */
  readonly asked: number
  readonly bytes: number
  readonly size: number | undefined
}

export const none: Describing = { swarm: Swarm.empty, asked: 0, bytes: 0, size: undefined }

export const step = (self: Describing, event: DownloadEvent | SurveyEvent): Describing => {
  switch (event._tag) {
    case "Describing":
      return { ...self, asked: event.peers, bytes: event.bytes, size: event.size }
    case "Dialling":
    case "Connected":
    case "Rejected":
      return { ...self, swarm: Swarm.step(self.swarm, event) }
    default:
      return self
  }
}

/** What is going on, in a line. */
export const line = ({ asked, bytes, size, swarm }: Describing): string => {
  const rejected = Swarm.rejections(swarm)
  const others = rejected === "" ? "" : `; ${rejected}`
  if (asked === 0) return `Looking for peers that know what the torrent is${others}`
  const known = size === undefined ? "" : ` (${Units.bytesOf(bytes, size)})`
  return `Asking ${count(asked, "peer")} what the torrent is${known}${others}`
}
