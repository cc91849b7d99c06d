/** One torrent of several, tried once: from its turn to its end, or to a failure. */
import { Deferred, Effect, type Semaphore, Stream } from "effect"
import type { MagnetLink } from "@unchoke/protocol"
import type { DownloadEvent, Torrent } from "@unchoke/engine"
import { aboutTorrent } from "../aboutTorrent.ts"
import { confessed } from "../confessed.ts"
import type { Failure } from "../render/failure.ts"
import type { Given } from "../render/Given.ts"
import * as Screen from "../Screen.ts"
import { isLink, shownSource } from "../torrentFile.ts"
import type { Again } from "./Again.ts"
import { type Board, pane, type Row } from "./Board.ts"
import type { Claims } from "./Claims.ts"
import type { Names } from "./Names.ts"
import type { Naming } from "./Naming.ts"
import type { Place } from "./Place.ts"
import { SameFiles } from "./SameFiles.ts"
import type { What } from "./summary.ts"
import type { Stage, Tally } from "./Tally.ts"

export type Source = Torrent | MagnetLink.MagnetLink

/** What is done with each. */
export interface Work<R> {
  readonly what: What
  readonly one: (source: Source, place: Place) => Effect.Effect<void, Failure, R>
  /** Whether a torrent gives its job back when this has happened; and what it does from then on. */
  readonly isThrough: (event: DownloadEvent) => Stage | undefined
  /** When a torrent of a folder that is watched is tried again after so many tries, if at all; it is known by then what it is, or not. */
  readonly again: (error: Failure, torrent: Torrent | undefined, tries: number) => Again | undefined
  readonly inWords?: (error: Failure, given: Given) => ReadonlyArray<string>
}

/** What is in hand or done, or has failed. */
export interface Taken {
  /** What it was given as, the last time. */
  source: Source
  naming: Naming
  readonly hash: string
  readonly row: Row
  /** Has it tried again now. */
  now: Deferred.Deferred<void>
}

/** What all of them share. */
export interface Shared<R> {
  readonly tally: Tally
  readonly board: Board
  readonly claims: Claims
  readonly names: Names
  /** So many at a time. */
  readonly jobs: Semaphore.Semaphore
  /** So many are read and wait. */
  readonly waiting: Semaphore.Semaphore
  readonly work: Work<R>
  readonly screen: Screen.Screen["Service"]
  readonly flags: { readonly json: boolean }
}

export const moveTo = (tally: Tally, row: Row, to: Stage): void => {
  tally.move(row.stage, to)
  row.stage = to
}

/** Ends with the failure, and with what is known of the torrent by then; `waits`: whether it is one of those that wait. */
export const attempting = <R>({ board, claims, flags, jobs, names, screen, tally, waiting, work }: Shared<R>) => {
  const writes = work.what === "download"
  return Effect.fnUntraced(function* ({ hash, naming, row, source }: Taken, waits: boolean) {
    const { text } = naming
    const refused = Deferred.makeUnsafe<never, SameFiles>()
    let giveBack: (() => void) | undefined
    let hasJob = false
    let isWaiting = waits
    let known = isLink(source) ? undefined : source
    const release = Effect.suspend(() => {
      if (!hasJob) return Effect.void
      hasJob = false
      return jobs.release(1)
    })
    const waitNoMore = Effect.suspend(() => {
      if (!isWaiting) return Effect.void
      isWaiting = false
      return waiting.release(1)
    })
    const enter = (torrent: Torrent) =>
      Effect.suspend(() => {
        known = torrent
        row.name = names.of(torrent.name, hash)
        if (!writes || giveBack !== undefined) return Effect.void
        const claimed = claims.take(torrent, shownSource(text))
        if (!(claimed instanceof SameFiles)) return Effect.sync(() => void (giveBack = claimed))
        return Effect.andThen(Deferred.fail(refused, claimed), Effect.never)
      })
    const see = Effect.fnUntraced(function* (event: DownloadEvent) {
      switch (event._tag) {
        case "Received":
        case "WebSeedReceived":
          row.movedAt = yield* Screen.monotonic
          return tally.down.add(event.bytes, row.movedAt)
        case "Sent":
          row.movedAt = yield* Screen.monotonic
          tally.given += event.bytes
          return tally.up.add(event.bytes, row.movedAt)
        case "PieceStored":
          tally.fetched += event.bytes
          return
        case "Checking":
          if (event.checked < event.pieces) row.movedAt = yield* Screen.monotonic
      }
      const next = work.isThrough(event)
      if (next === undefined) return
      if (row.stage !== next) moveTo(tally, row, next)
      yield* release
    })
    const place: Place = {
      isShared: true,
      enter,
      through: (events) => {
        const seen = Stream.tap(events, see)
        return writes && isLink(source) ? Stream.interruptWhen(seen, Deferred.await(refused)) : seen
      },
    }
    const task = Effect.gen(function* () {
      if (!isLink(source)) yield* Effect.raceFirst(enter(source), Deferred.await(refused))
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.map(restore(jobs.take(1)), () => {
          hasJob = true
        }),
      )
      yield* waitNoMore
      moveTo(tally, row, "running")
      board.add(row)
      yield* work.one(source, place).pipe(aboutTorrent(source, flags))
      moveTo(tally, row, "done")
    })
    const error = yield* task.pipe(
      Effect.provideService(Screen.Screen, flags.json ? screen : pane(screen, row)),
      Effect.as(undefined),
      Effect.catch((error: Failure) => Effect.succeed(error)),
      confessed,
      Effect.catchDefect((defect) =>
        Effect.sync(() => {
          moveTo(tally, row, "failed")
          tally.fail(hash, row.name, { message: String(defect) })
          giveBack?.()
        }),
      ),
      Effect.ensuring(Effect.sync(() => board.remove(row))),
      Effect.ensuring(Effect.andThen(release, waitNoMore)),
    )
    if (error === undefined) return undefined
    giveBack?.()
    return { error, known }
  })
}
