/** A program of the user's that is run when a torrent is complete. */
import { Effect } from "effect"
import * as Hex from "effect/encoding/Hex"
import { spawn } from "node:child_process"
import { join } from "node:path"
import type { Torrent } from "@unchoke/engine"
import { inWords } from "../torrentFile.ts"
import { ProgramFailed } from "./ProgramFailed.ts"

/** What is run: a program by its name or path, without arguments; or a line that the user's shell runs, where that was asked for. */
export type Program = { readonly program: string } | { readonly shell: string }

/** What the program is told of a torrent, by variables. */
export const variablesOf = (torrent: Torrent, folder: string): Readonly<Record<string, string>> => ({
  TORRENT_NAME: torrent.name,
  TORRENT_FOLDER: folder,
  TORRENT_PATH: join(folder, torrent.name),
  TORRENT_HASH: Hex.encode(torrent.infoHash),
})

/**
 * Ends when the program does; when it is interrupted the program is told to end (SIGTERM) and waited for. What it prints goes to stderr: stdout is ours.
 */
export const runProgram = (what: Program, torrent: Torrent, folder: string): Effect.Effect<void, ProgramFailed> =>
  Effect.callback((resume) => {
    const program = "program" in what ? what.program : what.shell
    const failed = (why: string) => resume(new ProgramFailed({ program, why }))
    let child: ReturnType<typeof spawn>
    try {
      child = spawn(program, {
        shell: "shell" in what,
        stdio: ["ignore", 2, 2],
        env: { ...process.env, ...variablesOf(torrent, folder) },
      })
    } catch (error) {
      return failed(`could not be started: ${inWords(error) ?? String(error)}`)
    }
    const ended = new Promise<void>((done) => {
      child.once("error", (error) => {
        failed(`could not be started: ${inWords(error) ?? error.message}`)
        done()
      })
      child.once("exit", (code, signal) => {
        if (code === 0) resume(Effect.void)
        else failed(code === null ? `was ended by ${signal}` : `ended with ${code}`)
        done()
      })
    })
    return Effect.promise(() => {
      child.kill()
      return ended
    })
  })
