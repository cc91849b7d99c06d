/**
 * The screen on a terminal, or on the pipes that the process was given.
 *
 * On a terminal the end of stderr may be live, a line or a few: it is rewritten in place, and other lines go above it. Invariant: nothing is written below what is live.
 *
 * A terminal can be taken as a whole. What is said meanwhile is kept, and written when it is given back: nothing that anybody would have read is lost.
 */
import { Effect, Layer } from "effect"
import { inAscii, speaksUtf8 } from "./render/charset.ts"
import { isolated } from "./render/rightToLeft.ts"
import { coloured, plain, type Style } from "./render/style.ts"
import { widthOf, wrap } from "./render/text.ts"
import { columnsOfText, Screen, type Taken, usualColumns } from "./Screen.ts"

/** A line is cleared to its end, several from the first of them to the end of the screen. */
const clear = (rows: number): string => (rows <= 1 ? "\r\u001b[K" : `\r\u001b[${rows - 1}A\u001b[J`)

/** So much of what is said while the terminal is taken is kept. */
const mostKept = 1000

/** For a terminal that does not know it. */
const usualRows = 24

const columnsOf = ({ columns, isTTY }: Output): number | undefined =>
  isTTY === true ? columns || usualColumns : undefined

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
