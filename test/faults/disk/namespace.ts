/**
 * A small disk of our own: a tmpfs in a mount namespace that nobody else sees, gone with the process that holds it.
 *
 * The tests look in through `/proc/<pid>/root`; programs are started inside by `nsenter`.
 */
import { describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Within } from "./download.ts"

export interface SmallDisk {
  /** Where it is mounted, for programs inside. */
  readonly folder: string
  /** The same place, for us. */
  readonly seen: string
  /** Runs a program there. */
  readonly within: Within
  /** Runs a line of shell there, with `$0` the folder; what it prints. A remount names a source (`none`), or `mount` adds options that only root may give. */
  readonly sh: (line: string) => string
}

/** Mounts a tmpfs with these options (`size=2m`); whoever holds it ends with the scope or with us, and the mount with it. */
export const smallDisk = (options: string): Effect.Effect<SmallDisk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-disk-"))),
      // Nothing of what was written inside is in the folder outside.
      (folder) => Effect.sync(() => rmdirSync(folder)),
    )
    const holder = yield* Effect.acquireRelease(
      Effect.sync(() =>
        // `cat` ends when our end of its pipe is closed, even if we are killed.
        spawn("unshare", ["-rm", "sh", "-c", 'mount -t tmpfs -o "$1" none "$0" && echo && exec cat', folder, options], {
          stdio: ["pipe", "pipe", "inherit"],
        }),
      ),
      (child) =>
        Effect.promise(async () => {
          if (child.exitCode !== null) return
          const gone = new Promise((resolve) => child.once("exit", resolve))
          child.kill("SIGKILL")
          await gone
        }),
    )
    yield* Effect.promise(
      () =>
        new Promise<void>((resolve, reject) => {
          holder.stdout.once("data", () => resolve())
          holder.once("error", reject)
          holder.once("exit", () => reject(new Error("no disk was mounted")))
        }),
    )
    const within: Within = (command) => [
      "nsenter",
      "-t",
      String(holder.pid),
      "-U",
      "-m",
      "--preserve-credentials",
      ...command,
    ]
    const sh = (line: string) => {
      const [file, ...args] = within(["sh", "-euc", line, folder])
      const { status, stderr, stdout } = spawnSync(file, args, { encoding: "utf8" })
      if (status !== 0) throw new Error(`${line}: ${stderr}`)
      return stdout
    }
    return { folder, seen: join(`/proc/${holder.pid}/root`, folder), within, sh }
  })

/** Why this machine has no small disks for us; `undefined` when it has. */
const refusal = ((): string | undefined => {
  const line = 'd=$(mktemp -d) && mount -t tmpfs -o size=1m none "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s'
  const { error, status, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", line], { encoding: "utf8" })
  if (error === undefined && status === 0) return undefined
  return (error?.message ?? stderr.trim().split("\n").at(-1)) || `unshare ended with ${status}`
})()

/** Tests on disks of their own: skipped in plain sight where they can't be mounted. */
export const whenMountable = (name: string, tests: () => void) =>
  refusal === undefined
    ? describe(name, tests)
    : describe.skip(name, () => it(`no mount namespace here (${refusal})`, () => {}))
