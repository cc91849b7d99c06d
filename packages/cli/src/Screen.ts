/**
 * What the user sees: results on stdout, everything about the way there on stderr.
 *
 * On a terminal the last line of stderr may be live: it is rewritten in place, and other lines go above it. Invariant: at most one line is live.
 */
import { Clock, Context, Effect, Layer, type Scope } from "effect"
import { coloured, plain, type Style } from "./render/style.ts"
import { wrap } from "./render/text.ts"

/** How a changing line looks at this moment: in so many columns of a terminal, or, where there are none, as a line of a log. */
export type LiveLine = (now: number, columns: number | undefined, style: Style) => string

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
    /** A line of the result. */
    readonly print: (line: string) => Effect.Effect<void>
    /** A line about what is going on, above the live one. */
    readonly note: (line: string) => Effect.Effect<void>
    /** Rewrites the live line; an empty one removes it. */
    readonly draw: (line: string) => Effect.Effect<void>
  }
>()("@unchoke/cli/Screen") {}

/** Redraws a second, at most ten; and how often a log gets a line. In milliseconds. */
const redrawEvery = 100
const reportEvery = 5000

/** Shows a line that changes, until the scope ends: rewritten in place on a terminal, a line every five seconds elsewhere. */
export const follow = Effect.fnUntraced(function* (
  line: LiveLine,
): Effect.fn.Return<void, never, Screen | Scope.Scope> {
  const screen = yield* Screen
  const columns = screen.liveWidth()
  const show = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const columns = screen.liveWidth()
    // Room for the "^C" that a terminal echoes: it must not wrap.
    return yield* columns === undefined
      ? screen.note(line(now, undefined, screen.err))
      : screen.draw(line(now, columns - 3, screen.err))
  })
  yield* Effect.addFinalizer(() => screen.draw(""))
  yield* show.pipe(Effect.delay(columns === undefined ? reportEvery : redrawEvery), Effect.forever, Effect.forkScoped)
})

export const print = (line: string) => Screen.use((screen) => screen.print(line))
/** Prints prose, broken where the terminal ends. */
export const say = (line: string) => Screen.use(({ print, width }) => print(wrap(line, width() ?? Infinity)))
export const note = (line: string) => Screen.use((screen) => screen.note(line))

/** The same screen without anything about the way there; and without results too. */
export const resultsOnly = Screen.useSync((screen): Screen["Service"] => ({
  ...screen,
  note: () => Effect.void,
  draw: () => Effect.void,
}))
export const silent = Effect.map(resultsOnly, (screen) => ({ ...screen, print: () => Effect.void }))

const clearLine = "\r\u001b[K"

/** The terminal or the pipes that the process was given. */
export const layer: Layer.Layer<Screen> = Layer.sync(Screen, () => {
  const { stderr, stdout } = process
  let live = ""
  const write = (stream: NodeJS.WriteStream, text: string) => {
    // The live line is on the same terminal, as a rule.
    const covers = live !== "" ? clearLine : ""
    if (stream === stderr) stream.write(covers + text + live)
    else {
      if (covers !== "") stderr.write(covers)
      stream.write(text)
      if (live !== "") stderr.write(live)
    }
  }
  return {
    out: styleFor(stdout),
    err: styleFor(stderr),
    width: () => (stdout.isTTY ? stdout.columns : undefined),
    liveWidth: () => (stderr.isTTY && !dumb() ? stderr.columns : undefined),
    print: (line) => Effect.sync(() => write(stdout, `${line}\n`)),
    note: (line) => Effect.sync(() => write(stderr, `${wrap(line, stderr.columns ?? Infinity, "  ")}\n`)),
    draw: (line) =>
      Effect.sync(() => {
        if (line === live) return
        const before = live
        live = line
        stderr.write(before === "" ? line : clearLine + line)
      }),
  }
})

const dumb = () => process.env["TERM"] === "dumb"

/** Colours on a terminal, unless `NO_COLOR` is set to anything (no-color.org); `FORCE_COLOR` asks for them elsewhere. */
const styleFor = (stream: NodeJS.WriteStream): Style => {
  const { FORCE_COLOR: force = "", NO_COLOR: none = "" } = process.env
  const forced = force !== "" && force !== "0" && force !== "false"
  return none === "" && !dumb() && (forced || stream.isTTY) ? coloured : plain
}
