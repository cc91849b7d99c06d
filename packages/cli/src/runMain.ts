/**
 * Runs a program as this process, to its own end or to one that comes from outside: Ctrl-C, `kill`, a terminal that closes, a reader that has gone, a disk
 * that is full. All of them interrupt the program, which closes everything in order; the exit code says which it was.
 */
import { Runtime } from "effect"
import { ExitCode } from "./ExitCode.ts"
import type { Interruption } from "./Interruption.ts"
import { outlivesTerminal } from "./outlivesTerminal.ts"
import { isLookupPending } from "./pendingLookup.ts"

const codes = {
  SIGINT: ExitCode.interrupted,
  SIGTERM: ExitCode.terminated,
  SIGHUP: ExitCode.hungUp,
} as const

/** One Ctrl-C can come twice: from the terminal, and from `npx`, which hands on its own. In milliseconds. */
const samePress = 250

/** An end in order that takes longer is told, in milliseconds: a disk may be slow, or a tracker. */
const longEnd = 3000

/** What we need of the streams of the process. */
type Output = NodeJS.WriteStream

export const runMain = (interruption: Interruption["Service"]) =>
  Runtime.makeRunMain(({ fiber, teardown }) => {
    let ended = false
    /** The exit code when what we had to say could not be written. */
    let unwritable: number | undefined
    let interruptedBy: NodeJS.Signals | undefined
    let interruptedAt: number | undefined
    let telling: NodeJS.Timeout | undefined

    const interrupt = () => {
      interruptedAt ??= performance.now()
      fiber.interruptUnsafe(fiber.id)
    }

    const onSignal = (signal: keyof typeof codes) => {
      if (interruptedAt === undefined) {
        ;[interruptedBy, interruption.code] = [signal, codes[signal]]
        if (signal === "SIGINT") telling = setTimeout(tellWaiting, longEnd).unref()
      }
      // Whoever presses it again does not want to wait for an end in order: the system ends us, whatever we are busy with.
      else if (signal === "SIGINT" && performance.now() - interruptedAt > samePress) return endBy(signal)
      interrupt()
    }

    const onUnwritable = (error: NodeJS.ErrnoException) => {
      // Of a terminal that has gone we are told by a signal, or are not to care.
      if (unwritable !== undefined || process.stdout.isTTY) return
      unwritable = error.code === "EPIPE" ? ExitCode.nobodyReads : ExitCode.disk
      if (unwritable === ExitCode.disk) {
        process.stderr.write(
          `error: Cannot write the output: ${error.message}. Run the same command again when there is room for it.\n`,
        )
      }
      if (ended) process.exit(unwritable)
      interruption.code = unwritable
      interrupt()
    }

    const signals = Object.keys(codes).filter((signal) => signal !== "SIGHUP" || !outlivesTerminal())
    for (const signal of signals) process.on(signal, onSignal)
    // Node has taken back that it is ignored.
    if (!signals.includes("SIGHUP")) process.on("SIGHUP", () => {})
    process.stdout.on("error", onUnwritable)
    // There is nowhere to say it.
    process.stderr.on("error", () => {})

    fiber.addObserver((exit) => {
      ended = true
      clearTimeout(telling)
      for (const signal of signals) process.removeListener(signal, onSignal)
      teardown(exit, (code) => {
        if (code !== ExitCode.done || interruptedAt !== undefined || isLookupPending()) {
          void leave(unwritable ?? code, interruptedBy)
        }
      })
    })
  })

/** On a line of its own: there may be one of progress. */
const tellWaiting = () => {
  const { stderr } = process
  stderr.write(
    `${stderr.isTTY ? "\n" : ""}Stopping takes a while: what was begun is still to be written, or told to a tracker. Ctrl-C again ends it at once.\n`,
  )
}

/** Ends the process when all that was said is written: a slow reader gets the last line, too. A signal is not kept waiting by one that does not read at all. */
const leave = async (code: number, signal: NodeJS.Signals | undefined) => {
  const all = Promise.all([written(process.stdout), written(process.stderr)])
  await (signal === undefined ? all : Promise.race([all, sleep(mostUnread)]))
  // Node would wait for a thread that waits for somebody to write to a pipe. The signal does not, and a shell reports the same code. Look-ups are given up by themselves.
  if (signal !== undefined && !isLookupPending() && !(await threadsRest())) endBy(signal)
  process.exit(code)
}

/** Whether what Node's threads have to do is done soon: some are about to close a file. */
const threadsRest = async (): Promise<boolean> => {
  const rest = () => !process.getActiveResourcesInfo().some((resource) => /Req/.test(resource))
  for (let waited = 0; !rest() && waited < mostRest; waited += 10) await sleep(10)
  return rest()
}

/** In milliseconds. */
const mostRest = 200
const mostUnread = 1000

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const written = (stream: Output) =>
  new Promise<void>((resolve) => {
    if (stream.writableLength === 0) resolve()
    else stream.write("", () => resolve())
  })

const endBy = (signal: NodeJS.Signals) => {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
