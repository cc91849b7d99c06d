/** Results made up for tests: one number a run and client. */
import { Contender, Machine, Results, Sample } from "../../packages/bench/src/Results.ts"

const MiB = 1024 * 1024

/** Seconds of each run by client; a run that never ended is `Infinity`. References are in brackets. */
export const results = (
  times: Readonly<Record<string, ReadonlyArray<number>>>,
  scenario = "memory",
  peak = 100 * MiB,
) =>
  new Results({
    scenario,
    title: `Title of <${scenario}>`,
    bytes: 1024 * MiB,
    at: "2026-01-02T03:04:05.000Z",
    machine: new Machine({
      processor: "Abacus",
      cores: 2,
      memory: 1024 * MiB,
      system: "Linux",
      node: "v24",
      network: "loopback",
    }),
    contenders: Object.keys(times).map(
      (key) =>
        new Contender({
          name: bare(key),
          title: `the ${bare(key)}`,
          version: "1",
          settings: "None.",
          reference: key !== bare(key),
        }),
    ),
    samples: Object.entries(times).flatMap(([key, walls]) =>
      walls.map(
        (wall, run) =>
          new Sample({
            client: bare(key),
            run,
            layout: 0,
            outcome: Number.isFinite(wall) ? "complete" : "timeout",
            wall: Number.isFinite(wall) ? wall : 60,
            firstRequest: Number.isFinite(wall) ? wall / 4 : null,
            cpu: 1,
            peak,
            anonymous: 10 * MiB,
            peerCpu: 0.1,
          }),
      ),
    ),
  })

const bare = (key: string) => key.replaceAll(/[()]/g, "")
