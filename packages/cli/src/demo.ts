/** `npm run demo`: the real commands on a swarm of one's own, on loopback. */
import "./workingFolder.ts"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { play } from "./demo/play.ts"
import * as Interruption from "./Interruption.ts"
import { runMain } from "./runMain.ts"
import * as terminalScreen from "./terminalScreen.ts"

process.removeAllListeners("warning")

play.pipe(
  Effect.scoped,
  Effect.provide(Layer.merge(terminalScreen.layer, NodeServices.layer)),
  runMain(Interruption.make()),
)
