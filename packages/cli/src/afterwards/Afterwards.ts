/** What follows when a torrent is complete: it is moved, a program is run, and it is served from where it is then. */
import { Effect, Fiber, FileSystem, Option, Path, Stream } from "effect"
import {
  type DownloadEvent,
  type SeedError,
  type SeedGoal,
  StorageError,
  type Torrent,
  type Unchoke,
} from "@unchoke/engine"
import { safe } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { type AfterwardsFlags, programOf } from "./flags.ts"
import { NotMoved } from "./NotMoved.ts"
import type { ProgramFailed } from "./ProgramFailed.ts"
import type { Program } from "./runProgram.ts"

type Events<E> = Stream.Stream<DownloadEvent, E>

export interface Afterwards {
  /** Where the torrent is now: where it is downloaded, or where it was moved to. */
  readonly folder: () => string
  /** To be called when it is known what the torrent is, before it is downloaded: it looks at where it is to be moved to. */
  readonly looked: (torrent: Torrent) => Effect.Effect<void, NotMoved>
  /** Whether there can be something of it where it is to be moved to. */
  readonly mayBeThere: boolean
  /** Whether what comes after the download serves it, so that the download itself does not stay. */
  readonly movesBeforeSeeding: boolean
  /** The download, and what follows. */
  readonly following: <E>(
    events: Events<E>,
  ) => Stream.Stream<DownloadEvent, E | NotMoved | ProgramFailed | SeedError, Unchoke | Screen.Screen>
}

export interface Task {
  /** As far as it is known. */
  readonly torrent: () => Torrent | undefined
  /** Where it is downloaded. */
  readonly output: string
  /** Until when it is seeded; `undefined`: not at all. */
  readonly goal: SeedGoal | undefined
  /** How it is seeded. */
  readonly seed: (torrent: Torrent, folder: string, goal: SeedGoal) => Events<SeedError>
  readonly json: boolean
}

/** By these flags. Where there is anything of it where it is to be moved to, it is downloaded there, so that nothing is fetched again. */
export const of = Effect.fnUntraced(function* (flags: AfterwardsFlags, task: Task) {
  const { resolve } = yield* Path.Path
  const program = programOf(flags)
  const target = Option.getOrUndefined(flags.moveTo)
  let folder = task.output

  const looked = Effect.fnUntraced(function* (torrent: Torrent) {
    if (target === undefined) return
    const { whereToDownload } = yield* Effect.promise(() => import("./moveContent.ts"))
    const place = yield* whereToDownload(torrent, resolve(task.output), resolve(target)).pipe(
      Effect.mapError(notMoved(task.output, target, false)),
    )
    if (place === resolve(target)) folder = target
  })
  const moved = Effect.fnUntraced(function* (torrent: Torrent) {
    if (target === undefined || folder === target) return
    const { moveContent } = yield* Effect.promise(() => import("./moveContent.ts"))
    const from = folder
    yield* moveContent(torrent, resolve(from), resolve(target)).pipe(Effect.mapError(notMoved(from, target, true)))
    folder = target
    yield* task.json
      ? Screen.print(JSON.stringify({ _tag: "Moved", from, to: target }))
      : Screen.note(`Moved to ${safe(target)}.`)
  })
  const ran = Effect.fnUntraced(function* (torrent: Torrent, program: Program) {
    const { runProgram } = yield* Effect.promise(() => import("./runProgram.ts"))
    // What it prints is not for a view that is gone with it.
    yield* (yield* Screen.Screen).wantBack ?? Effect.void
    yield* runProgram(program, torrent, resolve(folder))
    if (task.json) yield* Screen.print(JSON.stringify({ _tag: "Ran", ...program }))
  })
  /** Moves it and runs the program: nothing where it never became known what the torrent is. */
  const finished = Effect.gen(function* () {
    const torrent = task.torrent()
    if (torrent === undefined) return Stream.empty
    yield* moved(torrent)
    const running = program === undefined ? Effect.void : ran(torrent, program)
    if (task.goal === undefined || target === undefined) {
      yield* running
      return Stream.empty
    }
    return beside(running, Stream.filter(task.seed(torrent, folder, task.goal), isNews))
  })
  return {
    folder: () => folder,
    looked,
    mayBeThere:
      target !== undefined &&
      (yield* (yield* FileSystem.FileSystem).exists(target).pipe(Effect.orElseSucceed(() => true))),
    movesBeforeSeeding: target !== undefined && task.goal !== undefined,
    following: (events) => {
      if (target !== undefined) {
        const inTheWay = whenInTheWay(
          notMoved(task.output, target, false),
          () => folder === target && resolve(folder) !== resolve(task.output),
        )
        return Stream.concat(Stream.mapError(events, inTheWay), Stream.unwrap(finished))
      }
      if (program === undefined) return events
      return task.goal === undefined ? Stream.concat(events, Stream.unwrap(finished)) : whenDone(events, finished)
    },
  } satisfies Afterwards
})

/** The program runs while the torrent is served; how it ended counts when that ends. */
const beside = <E, E2, R2>(program: Effect.Effect<void, E2, R2>, events: Events<E>) =>
  Stream.unwrap(
    Effect.map(Effect.forkScoped(program), (fiber) => Stream.concat(events, Stream.fromEffectDrain(Fiber.join(fiber)))),
  )

/** The same of a download that stays where it is, and goes on when all is there. */
const whenDone = <E, A, E2, R2>(events: Events<E>, finished: Effect.Effect<A, E2, R2>) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      let running: Fiber.Fiber<A, E2> | undefined
      return Stream.concat(
        Stream.tap(events, ({ _tag }) =>
          _tag === "Done" ? Effect.map(Effect.forkIn(finished, scope), (fiber) => void (running = fiber)) : Effect.void,
        ),
        Stream.fromEffectDrain(Effect.suspend(() => (running === undefined ? Effect.void : Fiber.join(running)))),
      )
    }),
  )

/** Of a seed that follows a download: what was not known by then. */
const isNews = ({ _tag }: DownloadEvent): boolean => !["Checking", "Chosen", "Done"].includes(_tag)

const notMoved = (from: string, to: string, complete: boolean) => (error: StorageError) =>
  new NotMoved({ from, to, why: whyOf(error), complete, reason: error.reason })

/** What is in the way of a download that goes on where it is to be moved to is in the way of the move. */
const whenInTheWay =
  (notMoved: (error: StorageError) => NotMoved, isThere: () => boolean) =>
  <E>(error: E): E | NotMoved =>
    error instanceof StorageError && error.reason === "not this torrent's" && isThere() ? notMoved(error) : error

const whyOf = (error: StorageError): string => {
  const [, why = error.message] = /^cannot \w+ (.*)$/s.exec(error.message) ?? []
  return why
}
