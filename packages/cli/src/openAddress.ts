/** Opens an address with what the system has for it: a program is started with it as its one argument, never a shell. */
import { Effect } from "effect"
import { spawn } from "node:child_process"

const openers: Partial<Record<NodeJS.Platform, readonly [program: string, ...args: ReadonlyArray<string>]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
}

/** Whether it could be started: why not, otherwise. It outlives us. */
export const openAddress = (url: string): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const [program, ...args] = openers[process.platform] ?? ["xdg-open"]
    const child = spawn(program, [...args, url], { detached: true, stdio: "ignore", shell: false })
    child.once("error", (error) => resume(Effect.succeed(error.message)))
    child.once("spawn", () => resume(Effect.undefined))
    child.unref()
  })
