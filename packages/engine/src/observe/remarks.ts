/** What is worth a line in a log: Debug what became of a peer, Info how far we are, Warn what somebody should know who looks after it. */
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { SurveyEvent } from "../SurveyEvent.ts"
import { ofPeer, ofRejection } from "./ofPeer.ts"
import type { Attributes } from "./Trace.ts"

export interface Remark {
  readonly level: "Debug" | "Info" | "Warn"
  readonly text: string
  readonly about?: Attributes
}

export const remarkOn = (event: DownloadEvent | SurveyEvent): Remark | undefined => {
  switch (event._tag) {
    case "SourceAnswered": {
      const { answer, origin, source } = event.asked
      return "error" in answer
        ? { level: "Warn", text: `no peers from ${source}: ${answer.error}`, about: { origin } }
        : { level: "Debug", text: `${source} names ${answer.peers} peers, ${event.fresh} new`, about: { origin } }
    }
    case "Described":
      return { level: "Info", text: `it is known what the torrent is: ${event.name}, ${event.bytes} bytes` }
    case "Listening":
      return { level: "Debug", text: `we can be called at port ${event.port}` }
    case "NotListening":
      return { level: "Warn", text: `nobody can call us: ${event.why}` }
    case "Parked":
      return { level: "Debug", text: "only the unchoke is missing", about: ofPeer(event.peer, event.seen) }
    case "Rejected":
      return { level: "Debug", text: event.error.message, about: ofRejection(event.error) }
    case "Passed":
      return { level: "Debug", text: "would give us the file", about: ofPeer(event.peer, event.seen) }
    case "Partial":
      return { level: "Debug", text: "would give us a part", about: ofPeer(event.peer, event.seen) }
    case "Joined":
      return {
        level: "Debug",
        text: event.incoming ? "has called us and joined" : "joined",
        about: ofPeer(event.peer, event.seen),
      }
    case "Left": {
      const level = event.error._tag === "CorruptPiece" ? "Warn" : "Debug"
      return { level, text: event.error.message, about: ofRejection(event.error) }
    }
    case "Condemned":
      return { level: "Warn", text: event.error.message, about: ofRejection(event.error) }
    case "PieceCorrupt":
      return { level: "Warn", text: `piece ${event.piece} is corrupt and fetched again` }
    case "PieceLost":
      return {
        level: "Warn",
        text: `piece ${event.piece}, and perhaps more, is not there any more: ${event.error.message}`,
      }
    case "WebSeedPassed":
    case "WebSeedJoined":
      return { level: "Debug", text: `the web seed ${event.url} answers` }
    case "WebSeedPaused":
      return { level: "Debug", text: `a pause for the web seed ${event.error.message}` }
    case "WebSeedRejected":
      return { level: "Debug", text: `the web seed ${event.error.message}` }
    case "WebSeedLeft":
      return { level: "Warn", text: `the web seed ${event.error.message}; it is not asked again` }
    case "LinkLeftOut":
      return { level: "Warn", text: `the link ${event.path} was not made: ${event.why}` }
    case "OutOfReach":
      return { level: "Warn", text: `${event.peers} peers that gave us something are out of reach` }
    case "Waiting":
      return {
        level: "Warn",
        text: `waiting for somebody new: ${event.lacking} pieces are with nobody who can be reached, ${event.rejections.length} peers would not help`,
      }
    case "Done":
      return { level: "Info", text: `all ${event.pieces} pieces are there, ${event.bytes} bytes` }
    default:
      return undefined
  }
}
