/** Opens an address with what the system has for it: a program is started with it as its one argument, never a shell. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { inWords } from "./torrentFile.ts"

const openers: Partial<Record<NodeJS.Platform, readonly [program: string, ...args: ReadonlyArray<string>]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
}

/** Ends when the program does, or could not be started: with why nothing came of it, if so. It outlives us. */
export const openAddress = (url: string): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const [program, ...args] = openers[process.platform] ?? ["xdg-open"]
    const child = spawn(program, [...args, url], { detached: true, stdio: "ignore", shell: false })
    child.once("error", (error) => resume(Effect.succeed(`${program} could not be run (${reasonOf(error)})`)))
    child.once("exit", (code) =>
      resume(Effect.succeed(code === null || code === 0 ? undefined : `${program} ended with ${code}`)),
    )
    child.unref()
  })

const reasonOf = (error: Error): string => inWords(error) ?? error.message
