/** The engine knows no flags: the peers that it was given, the command was given by one. */
import { Sources } from "@unchoke/engine/internal"
import type { DownloadEvent, SurveyEvent } from "@unchoke/engine"

/** The same event as one who typed the command knows it. */
export const flagged = <Event extends DownloadEvent | SurveyEvent>(event: Event): Event =>
  event._tag === "SourceAnswered" && event.asked.source === Sources.given
    ? { ...event, asked: { ...event.asked, source: "--peer" } }
    : event
