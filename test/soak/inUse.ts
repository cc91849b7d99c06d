/** What this process holds, once Node has closed what is closing and the garbage is collected. */
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** Lets Node close what is closing, then says what is in use. */
export const inUse = Effect.gen(function* () {
  yield* Effect.sleep("300 millis")
  for (let i = 0; i < 3; i++) {
    collectGarbage()
    yield* Effect.sleep("20 millis")
  }
  const resources = process.getActiveResourcesInfo()
  const count = (name: string) => resources.filter((resource) => resource === name).length
  const { external, heapUsed, rss } = process.memoryUsage()
  return {
    sockets: count("TCPSocketWrap"),
    ports: count("MessagePort"),
    workers: count("Worker"),
    timers: count("Timeout"),
    files: openFiles(),
    heapUsed,
    /** Buffers and all else that lies outside of the heap and is held from within. */
    external,
    /** Rises and falls with what the machine is busy with besides: what it tells are losses by the hundred megabytes. */
    rss,
  }
})

/** How many bytes the heap holds once the garbage is collected: at this moment, for who waits for nothing outside of virtual time. */
export const heapHeld = (): number => {
  for (let i = 0; i < 3; i++) collectGarbage()
  return process.memoryUsage().heapUsed
}

/** How many descriptors are open, where the system tells. */
const openFiles = (): number => {
  try {
    return readdirSync("/proc/self/fd").length
  } catch {
    return 0
  }
}

export const mib = 1 << 20
