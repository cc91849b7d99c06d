/** The command itself lies where we may not write. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { cpSync, existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { entry, run } from "../../cli/process.ts"
import { temporary } from "./download.ts"
import { smallDisk, whenMountable } from "./namespace.ts"

whenMountable("a command on a read-only disk", () => {
  it.effect("runs, and remembers how it was compiled among the user's files alone, where there are any", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk("size=16m")
      for (const folder of ["bin", "dist"]) {
        // What others remember at the same time comes and goes.
        const filter = (from: string) => !from.includes(".cache")
        cpSync(join(entry, "../..", folder), join(disk.seen, folder), { recursive: true, filter })
      }
      disk.sh('mount -o remount,ro none "$0"')
      const home = join(yield* temporary, "home")
      mkdirSync(home)
      const { HOME: _home, XDG_CACHE_HOME: _cache, ...env } = process.env
      for (const user of [{}, { HOME: "/nonexistent" }, { HOME: home }]) {
        const [file, ...args] = disk.within([process.execPath, join(disk.folder, "bin", "unchoke.js"), "--version"])
        const { code, stderr, stdout } = yield* run(file!, args, { env: { ...env, ...user } })
        assert.strictEqual(stderr, "")
        assert.strictEqual(code, 0)
        assert.match(stdout, /^unchoke /)
      }
      assert.isTrue(existsSync(join(home, ".cache", "unchoke")))
      assert.isFalse(existsSync(join(disk.seen, "dist", ".cache")))
    }),
  )
})
