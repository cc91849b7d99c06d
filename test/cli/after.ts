/** What a user has been shown after some events of a download or a seed. */
import type { DownloadEvent } from "@unchoke/engine"
import { downloadLine, downloadReport } from "../../packages/cli/src/render/downloadLine.ts"
import { downloadNotes } from "../../packages/cli/src/render/downloadNotes.ts"
import * as DownloadProgress from "../../packages/cli/src/render/DownloadProgress.ts"
import { plain } from "../../packages/cli/src/render/style.ts"

export interface After {
  readonly progress: DownloadProgress.DownloadProgress
  readonly notes: Array<string>
  readonly now: number
}

/** The progress after events, one every 100 ms from 0 on; and the notes that they were worth. */
export const afterAll = (start: DownloadProgress.DownloadProgress, events: ReadonlyArray<DownloadEvent>): After => {
  let progress = start
  const notes: Array<string> = []
  for (const [i, event] of events.entries()) {
    notes.push(...downloadNotes(event, progress, plain))
    progress = DownloadProgress.step(progress, event, i * 100)
  }
  return { progress, notes, now: events.length * 100 }
}

export const lineOf = ({ now, progress }: After, columns: number) => downloadLine(progress, now, columns, plain)
export const reportOf = ({ now, progress }: After) => downloadReport(progress, now)
