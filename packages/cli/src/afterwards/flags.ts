/** What is to be done with a torrent that is complete. */
import { Option } from "effect"
import { Flag } from "effect/cli"
import { anyPath, asTyped } from "../commands/options.ts"
import type { Program } from "./runProgram.ts"

export const afterwardsFlags = {
  moveTo: Flag.Path("move-to", anyPath).pipe(
    Flag.withMetavar("folder"),
    Flag.map(asTyped),
    Flag.withDescription("Move it to this folder when all is there; with --seed it is served from there"),
    Flag.optional,
  ),
  exec: Flag.String("exec").pipe(
    Flag.withMetavar("program"),
    Flag.withDescription(
      "Run a program when all is there (and moved), without arguments or a shell: TORRENT_NAME, TORRENT_FOLDER, TORRENT_PATH and TORRENT_HASH tell it of what",
    ),
    Flag.optional,
  ),
  execShell: Flag.String("exec-shell").pipe(
    Flag.withMetavar("line"),
    Flag.withDescription("The same of a line that the shell runs"),
    Flag.optional,
  ),
}

export interface AfterwardsFlags {
  readonly moveTo: Option.Option<string>
  readonly exec: Option.Option<string>
  readonly execShell: Option.Option<string>
}

export const programOf = ({ exec, execShell }: AfterwardsFlags): Program | undefined =>
  Option.isSome(exec) ? { program: exec.value } : Option.isSome(execShell) ? { shell: execShell.value } : undefined
