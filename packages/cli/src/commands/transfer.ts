/** A download or a seed from its first event to its last, as a user follows it: as JSON lines, or in words. */
import { Effect, Path, Schema, Stream } from "effect"
import { DownloadEvent, type Torrent } from "@unchoke/engine"
import { Interruption } from "../Interruption.ts"
import type { NobodyLeft } from "../NobodyLeft.ts"
import { flagged } from "../render/flagged.ts"
import { downloadLine, downloadReport } from "../render/downloadLine.ts"
import { downloadNotes, sourceNotes } from "../render/downloadNotes.ts"
import * as Describing from "../render/Describing.ts"
import * as DownloadProgress from "../render/DownloadProgress.ts"
import {
  beginning,
  ending,
  nobodyLeft,
  seedBeginning,
  seedEnding,
  seedingNow,
  stopped,
} from "../render/downloadSentences.ts"
import { fitWords } from "../render/text.ts"
import * as Totals from "../render/Totals.ts"
import * as Screen from "../Screen.ts"
import { beforeAnything } from "../view/sheet.ts"
import { canView, follow as followOnScreen } from "../view/follow.ts"
import { TransferView } from "../view/TransferView.ts"
import { endedLine, interruptedLine } from "./explained.ts"

export interface Transfer {
  /** The torrent, once it is known: of a link not before its `Described`. */
  readonly torrent: () => Torrent | undefined
  readonly task: DownloadProgress.Task
  /** The folder in which the torrent's file or folder is by now, or appears. */
  readonly folder: () => string
  /** When the command was started, by the monotonic clock. */
  readonly began: number
  /** Whether there are others beside it, so that it says of itself what is not the same of all. */
  readonly isOneOfMany?: boolean
}

type Events<E, R> = Stream.Stream<DownloadEvent, E, R>
type Following<E, R> = Effect.Effect<void, E | NobodyLeft, Interruption | Path.Path | R | Screen.Screen>

/** Ends when the events do. `view`: whether the view of all of it is open at first; without it there is none. What is shown of them is what the flags ask for. */
export const follow = <E extends { readonly _tag: string }, R = never>(
  events: Events<E, R>,
  transfer: Transfer,
  flags: { readonly json: boolean; readonly quiet: boolean; readonly view?: boolean },
): Following<E, R> => {
  if (flags.json) return printed(events, transfer)
  const watched = watch(events, transfer, flags.view)
  return flags.quiet ? Effect.provideServiceEffect(watched, Screen.Screen, Screen.silent) : watched
}

/** An event a line; the last line says how it ended, and what was fetched and given in all. */
const printed = Effect.fnUntraced(function* <E, R>(events: Events<E, R>, { torrent }: Transfer) {
  const interruption = yield* Interruption
  const toJson = Schema.encodeSync(Schema.fromJsonString(DownloadEvent))
  let totals = Totals.none
  yield* Stream.runForEach(events, (event) => {
    totals = Totals.step(totals, event)
    return Screen.print(toJson(flagged(event)))
  }).pipe(Effect.onInterrupt(() => Screen.print(interruptedLine(interruption, Totals.summary(totals, torrent())))))
  yield* Screen.print(endedLine(Totals.summary(totals, torrent())))
})

/** Whether the same command goes on from what is verified: not when the disk has something else to say first, or all is there, or the error says so itself. */
const isKept = ({ _tag }: { readonly _tag: string }): boolean =>
  !["StorageError", "NotMoved", "ProgramFailed", "NobodyLeft"].includes(_tag)

const watch = Effect.fnUntraced(function* <E extends { readonly _tag: string }, R>(
  events: Events<E, R>,
  transfer: Transfer,
  view: boolean | undefined,
) {
  const { began, folder, task } = transfer
  const { join } = yield* Path.Path
  const screen = yield* Screen.Screen
  const { err, out } = screen
  const mayView = view !== undefined && canView(screen)
  let describing = Describing.none
  let shown = shownOf(transfer, mayView)
  /** When serving what is there began. */
  let seeding: number | undefined
  const sinceSeeding = Effect.map(Screen.monotonic, (now) => now - (seeding ?? now))
  const ifShown = <A, E, R>(show: (shown: Shown) => Effect.Effect<A, E, R>) =>
    Effect.suspend((): Effect.Effect<A | void, E, R> => (shown === undefined ? Effect.void : show(shown)))
  const sayStopped = ifShown(({ progress }) => {
    // The sum says it of all of them.
    if (transfer.isOneOfMany === true && DownloadProgress.isSeeding(progress) && progress.given === 0) {
      return Effect.void
    }
    return Effect.flatMap(sinceSeeding, (seeded) => Screen.note(stopped(progress, seeded)))
  })
  const pathOf = ({ torrent }: Shown) => join(folder(), torrent.name)
  const sayComplete = (now: number) =>
    ifShown((shown) =>
      task.strategy === undefined
        ? Effect.void
        : Screen.say(ending({ progress: shown.progress, path: pathOf(shown), took: now - began }, out)),
    )
  const begin = (torrent: Torrent) => (task.strategy === undefined ? seedBeginning : beginning)(torrent, folder(), err)

  if (shown !== undefined) yield* Screen.note(begin(shown.torrent))
  yield* Effect.gen(function* () {
    yield* followOnScreen(
      (now, columns, style) => {
        if (shown === undefined) return fitWords(Describing.line(describing), columns ?? Infinity)
        return columns === undefined
          ? downloadReport(shown.progress, now)
          : downloadLine(shown.progress, now, columns, style)
      },
      (look) => shown?.view?.frame(shown.progress, look) ?? beforeAnything(Describing.line(describing), look),
      view,
    )
    // A batch at a time: a fast download has thousands of events a second.
    yield* Stream.runForEachArray(
      events,
      Effect.fnUntraced(function* (batch) {
        const now = yield* Screen.monotonic
        const notes: Array<string> = []
        for (const event of batch) {
          if (shown === undefined) {
            describing = Describing.step(describing, event)
            notes.push(...sourceNotes(event, err))
            shown = shownOf(transfer, mayView)
            if (shown !== undefined) notes.push(begin(shown.torrent))
          } else {
            notes.push(...downloadNotes(event, shown.progress, err))
            shown = { ...shown, progress: DownloadProgress.step(shown.progress, event, now) }
            shown.view?.see(event, now, DownloadProgress.isSwarm(shown.progress))
          }
        }
        yield* Effect.forEach(notes, Screen.note, { discard: true })
        if (task.seed === undefined || seeding !== undefined || !shown || !DownloadProgress.isSeeding(shown.progress))
          return
        seeding = now
        yield* sayComplete(now)
        if (transfer.isOneOfMany !== true) yield* Screen.note(seedingNow(task.seed))
      }),
    )
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => sayStopped),
    Effect.mapError((error) => nobodyLeft(error, shown?.progress, folder())),
    Effect.tapError((error) => ((shown?.progress.stored ?? 0) > 0 && isKept(error) ? sayStopped : Effect.void)),
  )
  if (task.seed === undefined) return yield* sayComplete(yield* Screen.monotonic)
  const took = yield* sinceSeeding
  yield* ifShown((shown) => Screen.say(seedEnding({ progress: shown.progress, path: pathOf(shown), took }, out)))
})

/** What is shown of a torrent that is known. */
interface Shown {
  readonly torrent: Torrent
  readonly progress: DownloadProgress.DownloadProgress
  /** Where there may be one. */
  readonly view: TransferView | undefined
}

const shownOf = ({ task, torrent }: Transfer, mayView: boolean): Shown | undefined => {
  const known = torrent()
  if (known === undefined) return undefined
  const view = mayView ? new TransferView(known) : undefined
  return { torrent: known, progress: DownloadProgress.initial(known, task), view }
}
