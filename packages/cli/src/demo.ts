/** `npm run demo`: the real commands on a swarm of one's own, on loopback. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { play } from "./demo/play.ts"
import * as Screen from "./Screen.ts"
import { quitOnUnwritableOutput } from "./unwritableOutput.ts"

quitOnUnwritableOutput()

play.pipe(Effect.scoped, Effect.provide(Layer.merge(Screen.layer, NodeServices.layer)), NodeRuntime.runMain)
