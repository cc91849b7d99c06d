/**
 * What the user sees: results on stdout, everything about the way there on stderr.
 *
 * On a terminal the end of stderr may be live, a line or a few: it is rewritten in place, and other lines go above it. Invariant: nothing is written below what is live.
 *
 * A terminal can be taken as a whole. What is said meanwhile is kept, and written when it is given back: nothing that anybody would have read is lost.
 */
import { Clock, Context, Effect, Layer, type Scope } from "effect"
import { inAscii, speaksUtf8 } from "./render/charset.ts"
import { isolated } from "./render/rightToLeft.ts"
import { coloured, plain, type Style } from "./render/style.ts"
import { widthOf, wrap } from "./render/text.ts"

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

/** A line is cleared to its end, several from the first of them to the end of the screen. */
const clear = (rows: number): string => (rows <= 1 ? "\r\u001b[K" : `\r\u001b[${rows - 1}A\u001b[J`)

/** So much of what is said while the terminal is taken is kept. */
const mostKept = 1000

/** For a terminal that does not know its size, such as a serial line: it has 0 columns, or none at all. */
const usualColumns = 80

/** For a terminal that does not know it. */
const usualRows = 24

/** On a narrower one there would be a word a line: it breaks them as it likes. */
const leastColumns = 10

const columnsOf = ({ columns, isTTY }: Output): number | undefined =>
  isTTY === true ? columns || usualColumns : undefined

const columnsOfText = (columns: number | undefined): number =>
  columns === undefined || columns < leastColumns ? Infinity : columns

/** What we need of a stream of the process. */
export interface Output {
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** A screen on two streams. */
export const make = (
  out: Output,
  err: Output,
  env: Readonly<Record<string, string | undefined>>,
): Screen["Service"] => {
  const stdout = inCharset(out, env)
  const stderr = inCharset(err, env)
  let live = ""
  /** What is said while the terminal is taken, and where it goes. */
  let kept: Array<{ readonly stream: Output; readonly text: string }> | undefined
  let isEchoed = false
  let look: (() => string) | undefined
  /** Behind what a terminal has echoed. */
  const begin = (stream: Output) => {
    if (isEchoed && stream.isTTY === true) stream.write("\n")
    isEchoed &&= stream.isTTY !== true
  }
  /** A terminal that has become narrower since has broken the lines. */
  const clearLive = () => {
    const columns = columnsOf(stderr) ?? Infinity
    return clear(live.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0))
  }
  const liveWidth = () => (env["TERM"] === "dumb" ? undefined : columnsOf(stderr))
  /** Writes above the live line: as a rule both streams are the same terminal. */
  const above = (stream: Output, text: string) =>
    Effect.sync(() => {
      if (kept !== undefined && stream.isTTY === true) {
        // As a rule the first of it says the least by then.
        if (kept.length >= mostKept) kept.shift()
        return void kept.push({ stream, text })
      }
      if (live !== "" && kept === undefined) stderr.write(clearLive())
      begin(stream)
      stream.write(`${text}\n`)
      if (live === "" || kept !== undefined) return
      live = look?.() ?? live
      stderr.write(live)
    })
  let wantBack: (() => void) | undefined
  const take = (wanted: () => void): Taken => {
    wantBack = wanted
    if (live !== "") stderr.write(clearLive())
    kept = []
    return {
      size: () => ({ columns: columnsOf(stderr) ?? usualColumns, rows: stderr.rows || usualRows }),
      write: (text) => void stderr.write(text),
      said: () => (kept ?? []).map(({ text }) => text),
      giveBack: () => {
        for (const { stream, text } of kept ?? []) stream.write(`${text}\n`)
        kept = undefined
        wantBack = undefined
        if (live !== "") stderr.write(live)
      },
    }
  }
  return {
    out: styleFor(stdout, env),
    err: styleFor(stderr, env),
    width: () => columnsOf(stdout),
    liveWidth,
    liveHeight: () => stderr.rows || usualRows,
    print: (line) => above(stdout, line),
    write: (bytes) => Effect.sync(() => void stdout.write(bytes)),
    note: (line) => above(stderr, wrap(line, columnsOfText(columnsOf(stderr)), "  ")),
    draw: (text) =>
      Effect.sync(() => {
        if (text === live) return
        if (kept === undefined) stderr.write(live === "" ? text : clearLive() + text)
        live = text
      }),
    keepFresh: (fresh) =>
      Effect.acquireRelease(
        Effect.sync(() => void (look = fresh)),
        () => Effect.sync(() => void (look = undefined)),
      ),
    take,
    interrupted: () => void (isEchoed = live === ""),
    wantBack: Effect.sync(() => wantBack?.()),
    redraw: Effect.sync(() => {
      if (kept !== undefined) return
      // What is above is somebody else's by now.
      if (live !== "") stderr.write(clear(1) + live)
    }),
  }
}

/** What goes to a terminal is in its characters, and keeps its places there; through a pipe names come as they are. */
const inCharset = (stream: Output, env: Readonly<Record<string, string | undefined>>): Output => {
  if (stream.isTTY !== true) return stream
  const shown = speaksUtf8(env) ? isolated : inAscii
  return {
    isTTY: true,
    write: (text) => stream.write(typeof text === "string" ? shown(text) : text),
    get columns() {
      return stream.columns ?? 0
    },
    get rows() {
      return stream.rows ?? 0
    },
  }
}

/** The terminal or the pipes that the process was given. */
export const layer: Layer.Layer<Screen> = Layer.effect(
  Screen,
  Effect.gen(function* () {
    const screen = make(process.stdout, process.stderr, process.env)
    // Stopped by Ctrl-Z and brought back, we find the shell's words where our line was.
    process.on("SIGCONT", () => Effect.runSync(screen.redraw))
    const { interrupted = () => {} } = screen
    yield* Effect.acquireRelease(
      Effect.sync(() => void process.on("SIGINT", interrupted)),
      () => Effect.sync(() => void process.off("SIGINT", interrupted)),
    )
    return screen
  }),
)

/** Colours on a terminal, unless `NO_COLOR` is set to anything (no-color.org); `FORCE_COLOR` asks for them elsewhere. */
const styleFor = ({ isTTY }: Output, env: Readonly<Record<string, string | undefined>>): Style => {
  const { FORCE_COLOR: force = "", NO_COLOR: none = "", TERM } = env
  const forced = force !== "" && force !== "0" && force !== "false"
  return none === "" && TERM !== "dumb" && (forced || isTTY === true) ? coloured : plain
}
