/** What follows when a torrent is complete: it is moved, a program is run, and it is served from where it is then. */
import { Effect, Fiber, Option, Path, Stream } from "effect"
import {
  type DownloadEvent,
  type SeedError,
  type SeedGoal,
  type StorageError,
  type Torrent,
  Unchoke,
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

/** By these flags. What is complete where it is to be moved to is not fetched again: it is looked at there. */
export const of = Effect.fnUntraced(function* (flags: AfterwardsFlags, task: Task) {
  const { resolve } = yield* Path.Path
  const program = programOf(flags)
  const target = Option.getOrUndefined(flags.moveTo)
  const known = task.torrent()
  const isThere = target !== undefined && known !== undefined && (yield* isAllIn(known, target))
  let folder = isThere ? target : task.output
  const moves = target !== undefined && !isThere

  const moved = Effect.fnUntraced(function* (torrent: Torrent) {
    if (!moves) return
    const { moveContent } = yield* Effect.promise(() => import("./moveContent.ts"))
    const from = folder
    yield* moveContent(torrent, resolve(from), resolve(target)).pipe(
      Effect.mapError((error) => new NotMoved({ from, to: target, why: whyOf(error) })),
    )
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
    if (task.goal === undefined || !moves) {
      yield* running
      return Stream.empty
    }
    return beside(running, Stream.filter(task.seed(torrent, folder, task.goal), isNews))
  })
  return {
    folder: () => folder,
    movesBeforeSeeding: moves && task.goal !== undefined,
    following: (events) => {
      if (!moves && program === undefined) return events
      if (moves || task.goal === undefined) return Stream.concat(events, Stream.unwrap(finished))
      return whenDone(events, finished)
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

/** Whether every file of the torrent seems to be in the folder, whole. */
const isAllIn = (torrent: Torrent, folder: string) =>
  Effect.flatMap(Unchoke, ({ inspect }) => inspect(torrent, folder)).pipe(
    Effect.map((found) =>
      found.every(({ size, unfinished }, file) => {
        const { length, link, padding } = torrent.files[file]!
        return padding === true || link !== undefined || (!unfinished && size === length)
      }),
    ),
    Effect.orElseSucceed(() => false),
  )

const whyOf = (error: StorageError): string => {
  const [, why = error.message] = /^cannot \w+ (.*)$/s.exec(error.message) ?? []
  return why
}
