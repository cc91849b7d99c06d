/**
 * Where the nodes that we knew are kept until the next time: a small file in the user's cache folder.
 *
 * It never stands in the way: what can't be read is nothing, and what can't be written is not remembered. It is replaced as a whole, so that nobody reads half of one.
 */
import { Snapshot } from "@unchoke/dht/internal"
import { Effect } from "effect"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"

/** By the XDG base directory specification, which wants a relative path to be ignored. */
export const usual = (environment: Readonly<Record<string, string | undefined>> = process.env): string => {
  const given = environment["XDG_CACHE_HOME"]
  const folder = given !== undefined && Path.isAbsolute(given) ? given : Path.join(Os.homedir(), ".cache")
  return Path.join(folder, "unchoke", "dht.dat")
}

/** What was written the last time; `undefined` where there is none, or none that can be read. */
export const read = (file: string): Effect.Effect<Uint8Array | undefined> =>
  attempt(async () => {
    const handle = await Fs.open(file)
    try {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(Snapshot.maxBytes), 0, Snapshot.maxBytes, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  })

/** Replaces it. Never fails: what can't be written is not remembered. */
export const write = (file: string, bytes: Uint8Array): Effect.Effect<unknown> =>
  attempt(async () => {
    await Fs.mkdir(Path.dirname(file), { recursive: true, mode: 0o700 })
    const beside = `${file}.${process.pid}`
    try {
      await Fs.writeFile(beside, bytes, { mode: 0o600 })
      await Fs.rename(beside, file)
    } catch (error) {
      await Fs.rm(beside, { force: true })
      throw error
    }
  })

const attempt = <A>(body: () => Promise<A>): Effect.Effect<A | undefined> =>
  Effect.orElseSucceed(Effect.tryPromise(body), () => undefined)
