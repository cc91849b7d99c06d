/** One run of a client that joins a swarm: it is called, gives and, where the tracker has peers, takes. The clock runs from the first call or request to the last byte. */
import { Effect, Option } from "effect"
import { ChildProcess } from "effect/process"
import type { Client, Job } from "./clients/Client.ts"
import * as Leech from "./Leech.ts"
import type { Report } from "./LoadGenerator.ts"
import { Sample } from "./Results.ts"
import type { Callers, Scenario } from "./Scenario.ts"
import { totalLength } from "./Shape.ts"
import type { Stage } from "./Stage.ts"
import { withoutProxies } from "./Stopwatch.ts"

/** What is to go through the client in one run, in both directions. */
export const bytesJoined = ({ callers, census, present, shape }: Scenario): number =>
  given(callers) + (Object.keys(census.counts).length === 0 ? 0 : totalLength(shape) - present)

const given = (callers: Callers | undefined) => (callers?.work === "take" ? callers.count * callers.bytes : 0)

export const joined = Effect.fnUntraced(function* (
  client: Client,
  scenario: Scenario,
  stage: Stage,
  job: Job,
  run: number,
) {
  const { callers, patience, present } = scenario
  if (callers === undefined || client.join === undefined) return yield* Effect.die(new Error(scenario.name))
  const { args, command, env } = yield* client.join(job)
  // The shell becomes the client, under the same number.
  const process = yield* ChildProcess.make("sh", ["-c", `exec "$0" "$@" > "${job.home}/log" 2>&1`, command, ...args], {
    env: { ...withoutProxies, ...env },
    extendEnv: true,
    stdin: "ignore",
    killSignal: "SIGKILL",
  })
  const taken = yield* Leech.call(callers, job, { address: job.address, pid: process.pid, there: present }).pipe(
    Effect.timeoutOption(patience * 1000),
    Effect.map(Option.getOrUndefined),
  )
  // What is on its way to it may come.
  if (bytesJoined(scenario) > given(callers)) yield* Effect.sleep(arriving)
  return sampleOf({ client: client.name, run, layout: 0 }, taken, yield* stage.peers.report, scenario)
}, Effect.scoped)

/** In milliseconds. */
const arriving = 3000

const sampleOf = (
  about: Pick<Sample, "client" | "run" | "layout">,
  taken: Leech.Taken | undefined,
  { cpu, sent, visits }: Report,
  scenario: Scenario,
): Sample => {
  const times = [
    ...visits.filter(({ bytes }) => bytes > 0).map(({ last, requested }) => ({ began: requested, ended: last })),
    ...(taken === undefined || taken.bytes === 0 ? [] : [taken]),
  ]
  const bytes = sent + (taken?.bytes ?? 0)
  const wall = Math.max(0, ...times.map(({ ended }) => ended)) - Math.min(...times.map(({ began }) => began))
  return new Sample({
    ...about,
    outcome: taken === undefined ? "timeout" : bytes < bytesJoined(scenario) ? "failed" : "complete",
    // Of silent links: for how long they were watched.
    wall: times.length === 0 ? (scenario.callers?.seconds ?? 0) : wall / 1e6,
    firstRequest: null,
    cpu: taken?.cpu ?? 0,
    peak: taken?.peak ?? 0,
    anonymous: taken?.anonymous ?? 0,
    peerCpu: cpu,
    sent: bytes,
    ...(taken?.core !== undefined && { core: taken.core }),
    ...(taken?.each !== undefined && { each: taken.each }),
  })
}
