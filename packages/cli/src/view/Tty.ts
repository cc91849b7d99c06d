/** What a view needs of a terminal beside a place to write: keys, its size, and to be told when it has to let go of it. */
import { StringDecoder } from "node:string_decoder"
import { isForeground } from "./foreground.ts"
import { Keyboard, tellNoPastes, tellPastes } from "./Keyboard.ts"
import type { Key } from "./keys.ts"

export interface Tty {
  /** Whether what is written, and what is pressed, is between us and the user right now. */
  readonly isOurs: () => boolean
  /** Hears every key, and nothing is echoed, until what it returns is called. What is pasted is no key. */
  readonly listen: (onKey: (key: Key) => void) => () => void
  /** Until what it returns is called. */
  readonly attend: (to: Attention) => () => void
  /** Does to all who were started with us what a terminal does that hears this key. */
  readonly pass: (signal: "SIGINT" | "SIGTSTP" | "SIGQUIT") => void
  /** Ends the program in order, as Ctrl-C does. */
  readonly end: () => void
  /** Stops, as a job that a shell brings back. */
  readonly stop: () => void
}

export interface Attention {
  readonly resized: () => void
  /** The program comes to its end: the terminal has to be as it was before. */
  readonly ending: () => void
  /** A shell wants the terminal. */
  readonly suspended: () => void
  readonly continued: () => void
}

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** The terminal of the process. */
export const ofProcess: Tty = {
  isOurs: () => process.stdin.isTTY === true && isForeground(),

  listen: (onKey) => {
    const { stderr, stdin } = process
    // A character can come in two reads.
    const decoder = new StringDecoder("utf8")
    const keyboard = new Keyboard()
    const heard = (bytes: Buffer) => {
      for (const key of keyboard.read(decoder.write(bytes), performance.now())) onKey(key)
    }
    const close = () => {
      stdin.off("data", heard)
      stderr.write(tellNoPastes)
      try {
        stdin.setRawMode(false)
      } catch {
        // The terminal has gone.
      }
      stdin.pause()
      stdin.unref()
    }
    try {
      stdin.setRawMode(true)
    } catch {
      return () => {}
    }
    stderr.write(tellPastes)
    // Of a terminal that has gone we are told by a signal.
    stdin.on("error", ignore)
    stdin.on("data", heard)
    stdin.resume()
    return close
  },

  attend: ({ continued, ending, resized, suspended }) => {
    const quit = () => {
      ending()
      process.off("SIGQUIT", quit)
      process.kill(process.pid, "SIGQUIT")
    }
    const signals: ReadonlyArray<readonly [NodeJS.Signals, () => void]> =
      process.platform === "win32"
        ? []
        : [
            ["SIGTSTP", suspended],
            ["SIGCONT", continued],
            ["SIGQUIT", quit],
          ]
    const all = [...endings.map((signal) => [signal, ending] as const), ...signals]
    for (const [signal, listener] of all) process.on(signal, listener)
    // What is wrong with us is to be read.
    process.on("uncaughtExceptionMonitor", ending)
    process.on("exit", ending)
    process.stderr.on("resize", resized)
    return () => {
      for (const [signal, listener] of all) process.off(signal, listener)
      process.off("uncaughtExceptionMonitor", ending)
      process.off("exit", ending)
      process.stderr.off("resize", resized)
    }
  },

  pass: (signal) => {
    if (process.platform === "win32") process.emit(signal, signal)
    else process.kill(0, signal)
  },

  end: () => void process.emit("SIGINT", "SIGINT"),

  stop: () => void process.kill(process.pid, "SIGSTOP"),
}

const ignore = () => {}
