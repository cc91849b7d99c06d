/** One download of a torrent into a folder at a time; whoever is gone stands in nobody's way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as FolderLock from "../../packages/node/src/FolderLock.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-lock-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

const inTemporary = <E>(run: (lock: string) => Effect.Effect<void, E, Scope.Scope>) =>
  Effect.flatMap(temporary, (folder) => run(Path.join(folder, "deep", "er", ".lock"))).pipe(Effect.scoped)

const take = (path: string, fs: typeof Fs = Fs) => Effect.flatMap(FolderLock.make(fs, path), ({ take }) => take)

/** What a lock of this process says. */
const saidHere = (path: string) =>
  Effect.scoped(
    Effect.andThen(
      take(path),
      Effect.sync(() => JSON.parse(Fs.readFileSync(path, "utf8"))),
    ),
  )

/** Another process that lives until the scope ends. */
const another = Effect.acquireRelease(
  Effect.sync(() => spawn("sleep", ["1000"], { stdio: "ignore" })),
  (child) => Effect.sync(() => child.kill("SIGKILL")),
)

const leave = (path: string, content: string) => {
  Fs.mkdirSync(Path.dirname(path), { recursive: true })
  Fs.writeFileSync(path, content)
}

describe("a lock", () => {
  it.live("sweeps what the dead have left beside it, and nothing of the living", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        const { pid } = yield* another
        const { started: _, ...said } = yield* saidHere(path)
        const living = JSON.stringify({ ...said, pid, started: "" })
        const dead = JSON.stringify({ ...said, pid: 4_000_000, started: "1" })
        leave(`${path}.${pid}`, living)
        for (const name of ["4000000", "4000001", "mine", "4000002x"]) leave(`${path}.${name}`, "")
        leave(`${path}.4000003`, dead)
        const kept = [`.lock.${pid}`, ".lock.4000002x", ".lock.mine"].toSorted()
        yield* Effect.scoped(take(path))
        assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)).toSorted(), kept)
        leave(`${path}.4000003`, dead)
        leave(path, dead)
        FolderLock.sweep(Fs, path)
        assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)).toSorted(), kept)
        leave(path, living)
        FolderLock.sweep(Fs, path)
        assert.isTrue(Fs.existsSync(path))
      }),
    ),
  )

  it.live("is taken once, by whatever name the folder has, and leaves nothing behind", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { take: again } = yield* Scope.provide(FolderLock.make(Fs, path), scope)
        yield* again
        yield* again
        const above = Path.dirname(Path.dirname(Path.dirname(path)))
        const alias = Path.join(above, "alias")
        Fs.symlinkSync(Path.dirname(path), alias)
        for (const other of [path, Path.join(alias, ".lock")]) {
          assert.deepInclude(yield* Effect.flip(take(other)), { reason: "in use", holder: process.pid, path: other })
        }
        yield* Scope.close(scope, Exit.void)
        Fs.rmSync(alias)
        assert.deepStrictEqual(Fs.readdirSync(above), [])
      }),
    ),
  )

  it.live("leaves a folder in which there is something by now", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        const file = Path.join(Path.dirname(path), "file")
        yield* Effect.scoped(
          Effect.andThen(
            take(path),
            Effect.sync(() => Fs.writeFileSync(file, "")),
          ),
        )
        assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), ["file"])
      }),
    ),
  )

  it.live("of a living process is respected; of one that is gone, or whose number another has now, it is not", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        const { world } = yield* saidHere(path)
        const { pid } = yield* another
        const started = Fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[19]!
        leave(path, JSON.stringify({ pid, started, world }))
        assert.deepInclude(yield* Effect.flip(take(path)), { reason: "in use", holder: pid })
        for (const stale of [
          { pid, started: "1", world },
          { pid, started, world: "another run of the machine" },
          { pid: 2 ** 22 + 1, started: "", world },
          { pid: process.pid, started, world },
        ]) {
          leave(path, JSON.stringify(stale))
          yield* Effect.scoped(take(path))
          assert.isFalse(Fs.existsSync(path))
        }
      }),
    ),
  )

  it.live.each(["", "{", '{"pid":1}', "\0".repeat(5000)])("that says nothing (%j) is none", (content) =>
    inTemporary((path) =>
      Effect.gen(function* () {
        leave(path, content)
        yield* take(path)
        assert.strictEqual(JSON.parse(Fs.readFileSync(path, "utf8")).pid, process.pid)
      }),
    ),
  )

  it.live(
    "of a process that has died and waits for its parent is not respected; of one that hides its start it is",
    () =>
      inTemporary((path) =>
        Effect.gen(function* () {
          const { world } = yield* saidHere(path)
          const { pid } = yield* another
          const stat = `/proc/${pid}/stat`
          const words = Fs.readFileSync(stat, "utf8").split(") ").at(-1)!.trim().split(" ")
          const seen = (text: string) =>
            ({
              ...Fs,
              readFileSync: ((...args: Parameters<typeof Fs.readFileSync>) =>
                args[0] === stat ? text : Fs.readFileSync(...args)) as typeof Fs.readFileSync,
            }) satisfies typeof Fs
          leave(path, JSON.stringify({ pid, started: words[19], world }))
          assert.deepInclude(yield* Effect.flip(take(path, seen(""))), { reason: "in use", holder: pid })
          yield* Effect.scoped(take(path, seen(`${pid} (x) Z ${words.slice(1).join(" ")}`)))
          assert.isFalse(Fs.existsSync(path))
        }),
      ),
  )

  it.live("that may not be read is somebody's", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        leave(path, "{}")
        const openSync = ((...args: Parameters<typeof Fs.openSync>) => {
          if (args[0] === path && args[1] === (Fs.constants.O_NOFOLLOW | Fs.constants.O_NONBLOCK)) {
            throw Object.assign(new Error("EACCES"), { code: "EACCES" })
          }
          return Fs.openSync(...args)
        }) as typeof Fs.openSync
        assert.deepInclude(yield* Effect.flip(take(path, { ...Fs, openSync })), { reason: "in use" })
        assert.isTrue(Fs.existsSync(path))
      }),
    ),
  )

  it.live("is never seen without what it says, also where there are no links; and nobody else's is given up", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        const linkSync = () => {
          throw Object.assign(new Error("EPERM"), { code: "EPERM" })
        }
        yield* Effect.scoped(take(path, { ...Fs, linkSync }))
        assert.isFalse(Fs.existsSync(path))
        const seen: Array<boolean> = []
        const writeSync = ((...args: Parameters<typeof Fs.writeSync>) => {
          seen.push(Fs.existsSync(path))
          return Fs.writeSync(...args)
        }) as typeof Fs.writeSync
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* take(path, { ...Fs, writeSync })
            const folder = Path.dirname(path)
            Fs.renameSync(folder, `${folder}.away`)
            leave(path, "another's")
          }),
        )
        assert.deepStrictEqual(seen, [false])
        assert.strictEqual(Fs.readFileSync(path, "utf8"), "another's")
      }),
    ),
  )

  it.live("is not needed where none can be made, and what is no file in its place stays", () =>
    inTemporary((path) =>
      Effect.gen(function* () {
        const refuse = () => {
          throw Object.assign(new Error("EROFS"), { code: "EROFS" })
        }
        yield* take(path, { ...Fs, openSync: refuse, mkdirSync: refuse } as typeof Fs)
        Fs.mkdirSync(path, { recursive: true })
        Fs.writeFileSync(Path.join(path, "mine"), "")
        yield* Effect.scoped(take(path))
        assert.deepStrictEqual(Fs.readdirSync(path), ["mine"])
      }),
    ),
  )
})
