/** What is read of files whose length nobody knows. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { execFileSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { boundedBytes, boundedText } from "../../packages/cli/src/boundedBytes.ts"
import { unchoke } from "./cli.ts"
import * as NodeServices from "@effect/platform-node/NodeServices"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-bounded-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
)

describe.skipIf(process.platform === "win32")("a length that nobody knows", () => {
  it.live("as much is read as shows that it is too much, and no more", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "file")
      writeFileSync(file, "wörter")
      assert.strictEqual(yield* boundedText(file, 7), "wörter")
      assert.strictEqual(yield* boundedText(file, 6), undefined)
      assert.isBelow((yield* boundedBytes("/dev/zero", 5_000_000)).length, 7_000_000)
    }).pipe(Effect.scoped),
  )

  it.live("a pipe at whose other end nobody is holds up no interruption", () =>
    Effect.gen(function* () {
      const pipe = join(yield* folder, "pipe")
      execFileSync("mkfifo", [pipe])
      const reading = yield* Effect.forkChild(boundedBytes(pipe, 10), { startImmediately: true })
      yield* Fiber.interrupt(reading)
      // Now somebody is there: what was asked of the system comes to its end.
      closeSync(openSync(pipe, "r+"))
    }).pipe(Effect.scoped),
  )

  it.live("pipes at whose other ends nobody is keep no thread from the files of the disk", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const file = join(there, "file")
      writeFileSync(file, "wörter")
      const pipes = Array.from({ length: 8 }, (_, nth) => join(there, `pipe${nth}`))
      execFileSync("mkfifo", pipes)
      const reading = yield* Effect.forEach(pipes, (pipe) => Effect.forkChild(boundedBytes(pipe, 10)))
      yield* Effect.sleep("50 millis")
      assert.strictEqual(yield* boundedText(file, 10), "wörter")
      // What is written arrives, to its end.
      writeFileSync(pipes[7]!, "gone")
      assert.strictEqual(Buffer.from(yield* Fiber.join(reading[7]!)).toString(), "gone")
    }).pipe(Effect.scoped),
  )

  it.live("a device is no settings, and a pipe no place for a torrent", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const settings = yield* unchoke(["--config", "/dev/zero", "verify", "x", "y"])
      assert.match(settings.stderr[0]!, /longer than settings can be/)
      const pipe = join(there, "pipe")
      execFileSync("mkfifo", [pipe])
      const content = join(there, "content")
      writeFileSync(content, "x")
      const made = yield* unchoke(["create", content, "--output", pipe])
      assert.match(made.stderr.join("\n"), /Cannot write .*pipe: it is a pipe/)
      assert.strictEqual(made.code, 5)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
