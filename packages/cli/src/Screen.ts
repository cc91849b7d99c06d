/**
 * What the user sees: results on stdout, everything about the way there on stderr.
 */
import { Clock, Context, Effect, type Scope } from "effect"
import type { Style } from "./render/style.ts"
import { wrap } from "./render/text.ts"

/** For a terminal that does not know its size, such as a serial line: it has 0 columns, or none at all. */
export const usualColumns = 80

/** On a narrower one there would be a word a line: it breaks them as it likes. */
const leastColumns = 10

/** A text has so many columns: all that it needs where there are none, or hardly any. */
export const columnsOfText = (columns: number | undefined): number =>
  columns === undefined || columns < leastColumns ? Infinity : columns

/** How a changing line looks at this moment: in so many columns of a terminal, or, where there are none, as a line of a log. */
export type LiveLine = (now: number, columns: number | undefined, style: Style) => string

/** A terminal that was taken as a whole. */
export interface Taken {
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly write: (text: string) => void
  /** What was said meanwhile, the last of it. */
  readonly said: () => ReadonlyArray<string>
  readonly giveBack: () => void
}

export class Screen extends Context.Service<
  Screen,
  {
    /** The styles of stdout and stderr. */
    readonly out: Style
    readonly err: Style
    /** The width of stdout, where it is a terminal. */
    readonly width: () => number | undefined
    /** The width of stderr, where it is a terminal on which a line can be rewritten. */
    readonly liveWidth: () => number | undefined
    /** So many lines of stderr can be rewritten, where it is a terminal. */
    readonly liveHeight: () => number
    /** Where the changing lines of several are put together: takes one, until the scope ends, and draws it itself. */
    readonly follow?: (line: LiveLine) => Effect.Effect<void, never, Scope.Scope>
    /** A line of the result, as it is. */
    readonly print: (line: string) => Effect.Effect<void>
    /** Bytes of the result, as they are. */
    readonly write: (bytes: Uint8Array) => Effect.Effect<void>
    /** A line about what is going on, above the live one. */
    readonly note: (line: string) => Effect.Effect<void>
    /** Rewrites what is live; an empty text removes it. */
    readonly draw: (text: string) => Effect.Effect<void>
    /** How what is live looks at any moment, until the scope ends: below a line that was said it is never older than that. */
    readonly keepFresh?: (look: () => string) => Effect.Effect<void, never, Scope.Scope>
    /** Takes the terminal as a whole, where what is live is on one; `wanted` is called when it has to be given back. */
    readonly take?: (wanted: () => void) => Taken
    /** Has it given back: somebody else is about to write. */
    readonly wantBack?: Effect.Effect<void>
    /** Ctrl-C was pressed: where nothing is live the terminal has echoed it, and what is said next begins a line of its own. */
    readonly interrupted?: () => void
    /** Writes what is live again, where something else has written. */
    readonly redraw: Effect.Effect<void>
  }
>()("@unchoke/cli/Screen") {}

/** Redraws a second, at most ten; and how often a log gets a line. In milliseconds. */
const redrawEvery = 100
const reportEvery = 5000

/** What of a log is new: a line that says what was said last is not said again. */
export class News {
  #told = ""

  isNew(line: string): boolean {
    if (line === this.#told) return false
    this.#told = line
    return true
  }
}

/** A clock that nobody sets, in milliseconds since some moment. */
export const monotonic: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Shows a line that changes, until the scope ends: rewritten in place on a terminal; elsewhere a line every five seconds, if it has changed. */
export const follow = Effect.fnUntraced(function* (
  line: LiveLine,
): Effect.fn.Return<void, never, Screen | Scope.Scope> {
  const screen = yield* Screen
  if (screen.follow !== undefined) return yield* screen.follow(line)
  const columns = screen.liveWidth()
  const news = new News()
  const show = Effect.gen(function* () {
    const now = yield* monotonic
    const columns = screen.liveWidth()
    // Room for the "^C" that a terminal echoes: it must not wrap.
    if (columns !== undefined) return yield* screen.draw(line(now, columns - 3, screen.err))
    const report = line(now, undefined, screen.err)
    if (news.isNew(report)) yield* screen.note(report)
  })
  yield* Effect.addFinalizer(() => screen.draw(""))
  yield* keepFresh((now) => line(now, (screen.liveWidth() ?? usualColumns) - 3, screen.err))
  yield* show.pipe(Effect.delay(columns === undefined ? reportEvery : redrawEvery), Effect.forever, Effect.forkScoped)
})

/** Says how what is drawn looks at any moment, until the scope ends. */
export const keepFresh = Effect.fnUntraced(function* (look: (now: number) => string) {
  const { keepFresh } = yield* Screen
  const clock = yield* Clock.Clock
  if (keepFresh !== undefined) yield* keepFresh(() => look(Number(clock.monotonicTimeNanosUnsafe()) / 1e6))
})

export const print = (line: string) => Screen.use((screen) => screen.print(line))
/** Prints what people read: lines that are longer than the terminal is wide are broken between words. */
export const say = (text: string) => Screen.use(({ print, width }) => print(wrap(text, columnsOfText(width()))))
export const note = (line: string) => Screen.use((screen) => screen.note(line))

/** A screen on which lines of the result do not appear: stdout is for the bytes of a file. */
export const withoutResult = Screen.useSync((screen): Screen["Service"] => ({ ...screen, print: () => Effect.void }))

/** A screen that shows nothing; the bytes of a file that was asked for go to stdout all the same. */
export const silent = Screen.useSync((screen): Screen["Service"] => ({
  ...screen,
  follow: () => Effect.void,
  print: () => Effect.void,
  note: () => Effect.void,
  draw: () => Effect.void,
  redraw: Effect.void,
}))
