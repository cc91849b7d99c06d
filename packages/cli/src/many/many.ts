/**
 * Several torrents by one command: so many at a time, each to its own end.
 *
 * Invariants: a torrent is taken, and counted, once; who is slow to be read holds up nobody; no two write the same files; what becomes of one is nothing to the others, and is told as it happens; a torrent has one of the jobs until there is nothing left to fetch
 * (or to look at), or nobody is there of whom to fetch it: so those that wait come to their turn. A torrent of a folder that is watched has no job while it waits to be tried again. Ctrl-C ends all of them in order.
 */
import { Deferred, Effect, FiberSet, Semaphore, Stream } from "effect"
import * as Hex from "effect/encoding/Hex"
import { existsSync } from "node:fs"
import { aboutTorrent } from "../aboutTorrent.ts"
import { ExitCode } from "../ExitCode.ts"
import { Interruption } from "../Interruption.ts"
import type { Failure } from "../render/failure.ts"
import type { Given } from "../render/Given.ts"
import { safe, sentence } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { readSource, shownSource, UnreadableTorrent } from "../torrentFile.ts"
import { interruptedLine, lastLine } from "../commands/explained.ts"
import { attempting, moveTo, type Taken, type Work } from "./attempt.ts"
import { Board, Row } from "./Board.ts"
import { Claims } from "./Claims.ts"
import { showBoard } from "./showBoard.ts"
import { Names } from "./Names.ts"
import { NamesNothing } from "./NamesNothing.ts"
import { mayTakeLong, type Naming } from "./Naming.ts"
import { SomeFailed } from "./SomeFailed.ts"
import { summary, summaryJson } from "./summary.ts"
import { telling } from "./telling.ts"
import { type Stage, Tally } from "./Tally.ts"

export interface ManyFlags extends Omit<Given, "torrent"> {
  readonly jobs: number
  /** So many are certain to be given. */
  readonly certain: number
  /** What is said first. */
  readonly opening?: string | undefined
  readonly insecureTracker: boolean
  readonly json: boolean
  readonly quiet: boolean
  readonly view: boolean
}

/** So many are read and wait for a job; more are read when some of these have come to their turn. */
const mostWaiting = 1000

/** So many of which nobody knows how long it takes are read at once. */
const mostSlow = 1000

/** Does the work with every torrent that is `given`, as files, addresses and links; what names no torrent is told. Fails with the exit code of the worst when all have come to their end. */
export const many = Effect.fnUntraced(function* <R, R2>(
  given: Stream.Stream<Naming | UnreadableTorrent | NamesNothing, never, R>,
  work: Work<R2>,
  flags: ManyFlags,
) {
  const real = yield* Screen.Screen
  const screen = flags.quiet ? yield* Screen.silent : real
  if (flags.view) yield* screen.note("The view is of one torrent; of several each has a line here.")
  if (flags.opening !== undefined && !flags.json) yield* screen.note(flags.opening)
  const interruption = yield* Interruption
  const began = yield* Screen.monotonic
  const tally = new Tally()
  tally.unread = flags.certain
  const board = new Board(tally)
  const claims = new Claims()
  const jobs = Semaphore.makeUnsafe(flags.jobs)
  const waiting = Semaphore.makeUnsafe(mostWaiting)
  const slow = Semaphore.makeUnsafe(mostSlow)
  /** By their info hashes. */
  const taken = new Map<string, Taken>()
  /** Of folders that are watched: they may be better when they have changed. */
  const unreadable = new Set<string>()
  const names = new Names()
  const running = yield* FiberSet.make<void>()
  /** Lists that name no torrent: a mistake where nothing else does. */
  const empty: Array<NamesNothing> = []
  const { tell, tellOfMany } = yield* telling({ ...flags, inWords: work.inWords })

  const tellOfNone = (text: string, error: Failure) =>
    Effect.suspend(() => {
      tally.fail(text, undefined, error)
      return tell(undefined, text, error)
    })

  const stage = (row: Row, to: Stage) => moveTo(tally, row, to)
  const attempt = attempting({ board, claims, flags, jobs, names, screen, tally, waiting, work })

  /** One torrent as often as it is tried. */
  const run = Effect.fnUntraced(function* (it: Taken) {
    const { hash, row } = it
    let reason: string | undefined
    for (let tries = 1; ; tries++) {
      const failed = yield* attempt(it, tries === 1)
      if (failed === undefined) return
      const { error, known } = failed
      const { by, text } = it.naming
      const again = by === "folder" ? work.again(error, known, tries) : undefined
      tally.fail(hash, row.name, error)
      stage(row, again === undefined ? "failed" : "later")
      // Who is tried again and again for the same reason says so once.
      if (error.message !== reason) {
        const more = again && `It is tried again ${again.inWords}, unless ${shownSource(text)} is taken away.`
        yield* aboutTorrent(it.source, flags)(tell(row.name, text, error, more))
        reason = error.message
      }
      if (again === undefined) return
      it.now = Deferred.makeUnsafe()
      yield* Effect.raceFirst(again.due, Deferred.await(it.now))
      if (!existsSync(it.naming.text)) return stage(row, "failed")
      tally.forgive(hash)
      stage(row, "waiting")
    }
  })

  /** Reads what was given, and takes it up unless it is there already. */
  const take = Effect.fnUntraced(function* (naming: Naming) {
    const { text } = naming
    const source = yield* readSource(text, flags)
    tally.unread--
    if (unreadable.delete(text)) {
      tally.move("failed", undefined)
      tally.forgive(text)
    }
    const hash = Hex.encode(source.infoHash)
    const before = taken.get(hash)
    if (before?.row.stage === "later") {
      Object.assign(before, { source, naming })
      yield* Deferred.succeed(before.now, undefined)
      return
    }
    if (before !== undefined && before.row.stage !== "failed") {
      const other = before.naming.text
      const twice = other === text ? "is given twice" : `is the same torrent as ${safe(shownSource(other))}`
      return yield* screen.note(`${safe(shownSource(text))} ${twice}: it is taken once.`)
    }
    const row = before?.row ?? new Row(source.name === undefined ? hash : names.of(source.name, hash))
    if (before === undefined) tally.move(undefined, "waiting")
    else stage(row, "waiting")
    tally.forgive(hash)
    const it: Taken = { source, naming, hash, row, now: Deferred.makeUnsafe() }
    taken.set(hash, it)
    yield* waiting.take(1)
    yield* FiberSet.run(running, run(it))
  })
  const takeOrTell = (naming: Naming) =>
    Effect.catch(take(naming), (error) => {
      tally.unread--
      const { by, text } = naming
      const isNew = !unreadable.has(text)
      if (by === "folder") unreadable.add(text)
      if (isNew) tally.move(undefined, "failed")
      tally.fail(text, shownSource(text), error)
      return tellOfMany(naming, error)
    })
  /** Who is slow to answer holds up nobody else. */
  const apart = (task: Effect.Effect<void, never, Effect.Services<ReturnType<typeof takeOrTell>>>) =>
    Effect.asVoid(Effect.andThen(slow.take(1), FiberSet.run(running, Effect.ensuring(task, slow.release(1)))))
  const all = given.pipe(
    Stream.runForEach((named) => {
      if (named instanceof NamesNothing) return Effect.sync(() => void empty.push(named))
      if (named instanceof UnreadableTorrent) return tellOfNone(named.path, named)
      // Arguments are counted from the beginning.
      if (named.by !== "argument") tally.unread++
      const task = takeOrTell(named)
      return mayTakeLong(named.text) ? apart(task) : task
    }),
    Effect.andThen(FiberSet.awaitEmpty(running)),
    Effect.andThen(
      Effect.suspend(() =>
        Effect.forEach(
          empty,
          (error) => (tally.all === 0 ? tellOfNone(error.list, error) : screen.note(sentence(error.message))),
          { discard: true },
        ),
      ),
    ),
  )
  const say = Effect.gen(function* () {
    const took = (yield* Screen.monotonic) - began
    yield* Effect.forEach(summary(tally, work.what, took, screen.err), screen.note, { discard: true })
  })
  yield* Effect.scoped(
    Effect.gen(function* () {
      if (!flags.json) yield* showBoard(screen, board)
      yield* Effect.onInterrupt(all, () => FiberSet.clear(running))
    }),
  ).pipe(Effect.onInterrupt(() => (flags.json ? real.print(interruptedLine(interruption, summaryJson(tally))) : say)))
  yield* flags.json ? real.print(lastLine(tally.code, { _tag: "Ended", ...summaryJson(tally) })) : say
  if (tally.code !== ExitCode.done) return yield* new SomeFailed({ code: tally.code })
}, Effect.scoped)
