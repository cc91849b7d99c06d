/** Fuzzes one target in a worker and watches over it from outside: time and memory are bounded even where the code under test never returns. */
import { Worker } from "node:worker_threads"

/** What a worker is told. */
export interface Job {
  readonly target: string
  readonly seed: number
  readonly milliseconds: number
  readonly inputs: ReadonlyArray<Uint8Array>
  readonly words: ReadonlyArray<string>
  readonly display: Display
}

/** Memory shared with a worker: which input it runs. */
export interface Display {
  /** How many inputs were begun, and how long the last one is. */
  readonly words: Int32Array
  readonly bytes: Uint8Array
}

/** What came of it. */
export interface Report {
  readonly executions: number
  /** How many blocks of the code under test were reached. */
  readonly blocks: number
  readonly features: number
  /** The most blocks that an input ran for each of its bytes. */
  readonly mostWork: number
  readonly corpus: ReadonlyArray<Uint8Array>
  readonly finding: { readonly bytes: Uint8Array; readonly error: string } | undefined
}

/** What one input may cost at most. */
export interface Limits {
  /** An input that takes longer than so many milliseconds never ends: thousands run in a second. */
  readonly longestInput: number
  /** The heap of the worker, in MiB. */
  readonly heap: number
  /** By how many bytes the whole process may grow: typed arrays are not on the heap. */
  readonly growth: number
}

const usual: Limits = { longestInput: 10_000, heap: 512, growth: 1024 * 1024 * 1024 }

/** Runs a bundled worker to its end, or to the end of our patience. */
export const fuzz = (file: string, job: Omit<Job, "display">, limits: Limits = usual): Promise<Report> =>
  new Promise((resolve) => {
    const display: Display = {
      words: new Int32Array(new SharedArrayBuffer(8)),
      bytes: new Uint8Array(new SharedArrayBuffer(1 << 20)),
    }
    const workerData: Job = { ...job, display }
    const worker = new Worker(file, {
      workerData,
      execArgv: ["--enable-source-maps"],
      resourceLimits: { maxOldGenerationSizeMb: limits.heap },
    })
    const memoryBefore = process.memoryUsage.rss()
    let begun = -1
    let since = performance.now()
    const watch = setInterval(() => {
      const now = Atomics.load(display.words, 0)
      if (now !== begun) since = performance.now()
      begun = now
      if (performance.now() - since > limits.longestInput) end(`one input took longer than ${limits.longestInput} ms`)
      if (process.memoryUsage.rss() - memoryBefore > limits.growth)
        end(`took more than ${limits.growth} bytes of memory`)
    }, 100)
    const settle = (report: Report) => {
      clearInterval(watch)
      resolve(report)
    }
    const end = (error: string) => {
      const bytes = display.bytes.slice(0, display.words[1])
      settle({
        executions: display.words[0]!,
        blocks: 0,
        features: 0,
        mostWork: 0,
        corpus: [],
        finding: { bytes, error: `Error: ${error}` },
      })
      void worker.terminate()
    }
    worker.on("message", settle)
    worker.on("error", (error) => end(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  })
