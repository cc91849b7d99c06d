/** Shows what changes in a line, and, where there is a terminal with a keyboard, as a view on all of it as well. */
import { Clock, Effect, type Scope } from "effect"
import * as Screen from "../Screen.ts"
import type { Frame, Look } from "./sheet.ts"

/** Redraws of a view, in milliseconds. */
const redrawEvery = 250

/** Where the terminal is somebody else's, it is looked after every so many redraws whether it is ours. */
const redrawsUntilSettled = 8

/** So long after the beginning the keys are taken up: what is over by then needs none. In milliseconds. */
const keysAfter = 100

/** Until the scope ends. `begins`: with the view open; else the key `v` opens it; `undefined` is for a line and no view. */
export const follow = Effect.fnUntraced(function* (
  line: Screen.LiveLine,
  frame: (look: Look) => Frame,
  begins: boolean | undefined,
): Effect.fn.Return<void, never, Screen.Screen | Scope.Scope> {
  yield* Screen.follow(line)
  const screen = yield* Screen.Screen
  const { err: style, take } = screen
  if (begins === undefined || !canView(screen) || take === undefined) return
  const clock = yield* Clock.Clock
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  yield* Effect.gen(function* () {
    if (!begins) yield* Effect.sleep(keysAfter)
    const { ofProcess, Viewing } = yield* Effect.promise(() => import("./onTerminal.ts"))
    const viewing = yield* Effect.acquireRelease(
      Effect.sync(() => new Viewing({ tty: ofProcess, take, frame, style, now }, begins)),
      (viewing) => Effect.sync(() => viewing.close()),
    )
    let redraws = 0
    yield* Effect.sync(() => {
      if (++redraws % redrawsUntilSettled === 0) viewing.settle()
      viewing.draw()
    }).pipe(Effect.delay(redrawEvery), Effect.forever)
  }).pipe(Effect.scoped, Effect.forkScoped)
})

/** Whether there may be a view at all: of one torrent, on a terminal that can be rewritten. */
export const canView = ({ follow, liveWidth, take }: Screen.Screen["Service"]): boolean =>
  follow === undefined && take !== undefined && liveWidth() !== undefined && process.stdin.isTTY === true
