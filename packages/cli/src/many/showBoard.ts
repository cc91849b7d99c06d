/** The board on a terminal, or in a log, while the torrents are under way. */
import { Effect } from "effect"
import * as Screen from "../Screen.ts"
import type { Board } from "./Board.ts"

/** On a terminal the board is drawn so often; a log is told so often, in milliseconds. */
const drawEvery = 200
const reportEvery = 5000

/** Draws the board, or tells a log of it, until the scope ends. */
export const showBoard = Effect.fnUntraced(function* (screen: Screen.Screen["Service"], board: Board) {
  const columns = screen.liveWidth()
  const frame = (now: number) => board.frame(now, (screen.liveWidth() ?? 0) - 3, screen.liveHeight(), screen.err)
  const draw = Effect.gen(function* () {
    const now = yield* Screen.monotonic
    const columns = screen.liveWidth()
    if (columns === undefined) {
      return yield* Effect.forEach(board.reports(now, screen.err), screen.note, { discard: true })
    }
    yield* screen.draw(frame(now))
  })
  yield* Effect.addFinalizer(() => screen.draw(""))
  if (columns !== undefined) yield* Screen.keepFresh(frame)
  yield* draw.pipe(Effect.delay(columns === undefined ? reportEvery : drawEvery), Effect.forever, Effect.forkScoped)
})
