/** One run of one client: started, timed, and what it left looked at. */
import { Console, Duration, Effect, FileSystem } from "effect"
import { ChildProcess } from "effect/process"
import { join } from "node:path"
import { type Client, type Job, madeName } from "./clients/Client.ts"
import { joined } from "./joined.ts"
import { Sample } from "./Results.ts"
import { run as runToEnd } from "./run.ts"
import type { Scenario } from "./Scenario.ts"
import { contentName } from "./Shape.ts"
import type { Stage } from "./Stage.ts"
import { type Reading, timed } from "./Stopwatch.ts"
import { verify } from "./verify.ts"

/** Whether the client can do what the scenario is about. */
export const canDo = (client: Client, { by, oursAlone, work, references }: Scenario): boolean => {
  if (oursAlone && client.reference !== true && client.name !== "unchoke") return false
  if (client.reference === true && !references.includes(client.name)) return false
  if (client.cannot?.[by] !== undefined) return false
  return (
    {
      create: client.create,
      download: client.download,
      join: client.join,
      probe: client.probe,
      show: client.show,
      version: client.printVersion,
    }[work] !== undefined
  )
}

export const measure = Effect.fnUntraced(function* (client: Client, scenario: Scenario, stage: Stage, run: number) {
  const layout = run % scenario.layouts
  const job = yield* stage.job(layout, client.alone === true)
  // What the last run left in the page cache is written before the next begins, so that nobody pays for another's bytes.
  if (scenario.disk === "disk") yield* runToEnd("sync", [])
  const log = join(job.home, "log")
  if (scenario.work === "join") {
    const sample = yield* joined(client, scenario, stage, job, run)
    if (sample.outcome !== "complete") yield* lastWords(log)
    return sample
  }
  const launch = yield* launched(client, scenario, job)
  for (const { args, command } of yield* stage.rivals) {
    yield* ChildProcess.make(command, args, { stdout: "ignore", stderr: "ignore", killSignal: "SIGKILL" })
  }
  if (client.beside !== undefined) yield* Effect.forkScoped(client.beside)
  const reading = yield* timed(launch, log, Duration.seconds(scenario.patience))
  const peers = yield* stage.peers.report
  const outcome = yield* outcomeOf(reading, client, scenario, job)
  if (outcome !== "complete") yield* lastWords(log)
  return new Sample({
    client: client.name,
    run,
    layout,
    outcome,
    wall: reading.wall,
    firstRequest: peers.firstRequest === undefined ? null : (peers.firstRequest - reading.started) / 1e6,
    cpu: reading.user + reading.system,
    peak: reading.peak,
    anonymous: reading.anonymous,
    peerCpu: peers.cpu,
    sent: peers.sent,
  })
}, Effect.scoped)

const launched = Effect.fnUntraced(function* (client: Client, { work, name }: Scenario, job: Job) {
  if (work === "download" && client.download !== undefined) return yield* client.download(job)
  if (work === "create" && client.create !== undefined) return yield* client.create(job)
  if (work === "probe" && client.probe !== undefined) return yield* client.probe(job)
  if (work === "show" && client.show !== undefined) return client.show(job.torrent)
  if (work === "version" && client.printVersion !== undefined) return client.printVersion
  return yield* Effect.die(new Error(`${client.name} has no part in ${name}`))
})

const outcomeOf = Effect.fnUntraced(function* (reading: Reading, client: Client, { work, shape }: Scenario, job: Job) {
  if (reading.ended === "timeout") return "timeout"
  // A probe that finds nobody says so with its exit code.
  if (!reading.done && !(work === "probe" && reading.ended === "exit")) return "failed"
  if (work === "create") return (yield* hasHashes(job)) ? "complete" : "wrong"
  if (work !== "download" || client.forgets === true) return "complete"
  return (yield* verify(join(job.output, contentName), shape)) ? "complete" : "wrong"
})

/** Whether what was made has the SHA-1 of each piece. */
const hasHashes = Effect.fnUntraced(function* ({ hashes, output }: Job) {
  const fs = yield* FileSystem.FileSystem
  const made = yield* Effect.orElseSucceed(fs.readFile(join(output, madeName)), () => new Uint8Array())
  return Buffer.from(made).includes(Buffer.from(yield* fs.readFile(hashes)))
})

/** What a client that did not make it said at the end. */
const lastWords = Effect.fnUntraced(function* (log: string) {
  const fs = yield* FileSystem.FileSystem
  const text = (yield* fs.readFileString(log)).trimEnd()
  if (text === "") return
  const lines = text.split("\n")
  yield* Console.error(
    lines
      .slice(-8)
      .map((line) => `        ${line}`)
      .join("\n"),
  )
})
