/**
 * The system's look-up of a name cannot be called off, and takes half a minute while DNS is silent. Node waits for it twice: before it ends by itself, and, when it is told to
 * end, for the threads of its pool.
 */
import { existsSync } from "node:fs"

/** Whether one is under way. */
export const isLookupPending = (): boolean => process.getActiveResourcesInfo().includes("GetAddrInfoReqWrap")

/** Something that ends at once with a code, which no thread outlives. */
const shell = "/bin/sh"

/** From here on the process ends without waiting for look-ups: what was to be done at its end has been done by then, and a shell takes its place to end with its code. */
export const endWithoutLookups = (): void => {
  process.on("exit", (code) => {
    if (!isLookupPending() || !existsSync(shell)) return
    try {
      process.execve?.(shell, [shell, "-c", `exit ${code}`], {})
    } catch {
      // Where this cannot be done, it ends later.
    }
  })
}
