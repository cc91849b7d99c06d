/** A scenario from beginning to end: every client as often as every other, in turns, against the same peers and the same tracker. */
import { Console, DateTime, Effect } from "effect"
import type { Client } from "./clients/Client.ts"
import { bytesJoined } from "./joined.ts"
import { canDo, measure } from "./measure.ts"
import { type Contender, Results } from "./Results.ts"
import { seconds } from "./render/units.ts"
import type { Scenario } from "./Scenario.ts"
import { totalLength } from "./Shape.ts"
import * as Stage from "./Stage.ts"
import type { World } from "./World.ts"

/** A client that is installed, and how the results call it. */
export interface Found {
  readonly client: Client
  readonly contender: Contender
}

export const play = Effect.fnUntraced(function* (
  scenario: Scenario,
  found: ReadonlyArray<Found>,
  world: World,
  runs: number,
) {
  const taking = found.filter(({ client }) => canDo(client, scenario))
  for (const { client } of found) {
    const why = client.cannot?.[scenario.by]
    if (why !== undefined) yield* Console.error(`  ✗ ${client.title}: ${why}`)
  }
  const stage = yield* Stage.set(scenario, world)
  const samples = yield* Effect.forEach(turns(taking, runs), ({ client, run }) =>
    measure(client.client, scenario, stage, run).pipe(
      Effect.tap((sample) => {
        const took = sample.outcome === "complete" ? seconds(sample.wall) : sample.outcome
        return Console.error(`  ${run + 1}/${runs}  ${client.contender.title}: ${took}`)
      }),
    ),
  )
  return new Results({
    scenario: scenario.name,
    title: scenario.title,
    bytes: scenario.work === "join" ? bytesJoined(scenario) : totalLength(scenario.shape),
    at: DateTime.formatIso(yield* DateTime.now),
    machine: world.machine,
    contenders: taking.map(({ contender }) => contender),
    samples,
  })
}, Effect.scoped)

/** Each run begins with another client, so that nobody always runs behind the same one. */
export const turns = <A>(
  clients: ReadonlyArray<A>,
  runs: number,
): ReadonlyArray<{ readonly client: A; readonly run: number }> =>
  Array.from({ length: runs }, (_, run) =>
    clients.map((_, index) => ({ client: clients[(index + run) % clients.length] as A, run })),
  ).flat()
