/**
 * What effect/cli asks of Node, as far as our commands use it. They ask no questions and start no programs, so nothing is loaded for either:
 * `readline` and `child_process` would be a tenth of the start-up.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { Layer, Terminal } from "effect"
import { ChildProcessSpawner } from "effect/process"

export const services = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeStdio.layer,
  Layer.mock(Terminal.Terminal, { "~effect/Terminal": "~effect/Terminal" }),
  Layer.mock(ChildProcessSpawner.ChildProcessSpawner, {}),
)
