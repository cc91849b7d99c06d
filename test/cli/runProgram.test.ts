/** The program that is run when a torrent is complete. */
import { Content } from "@unchoke/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Program, runProgram } from "../../packages/cli/src/afterwards/runProgram.ts"

const { torrent } = Content.make({ name: "$(touch owned) film; x.mkv", files: 1000 })

const stage = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(join(tmpdir(), "unchoke-exec-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true })),
)

const script = (folder: string, text: string): Program => {
  const program = join(folder, "a script")
  Fs.writeFileSync(program, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return { program }
}

describe("the program that is run when a torrent is complete", () => {
  it.live("is told of it by variables, also by a shell that was asked for", () =>
    Effect.gen(function* () {
      const folder = yield* stage
      const print = 'printf "%s\\n" "$TORRENT_NAME" "$TORRENT_FOLDER" "$TORRENT_PATH" "$TORRENT_HASH"'
      const expected = [torrent.name, folder, join(folder, torrent.name), Buffer.from(torrent.infoHash).toString("hex")]
      for (const [at, program] of [
        script(folder, `${print} > "$TORRENT_FOLDER/0"`),
        { shell: `${print} | cat > '${join(folder, "1")}'` },
      ].entries()) {
        yield* runProgram(program, torrent, folder)
        assert.deepStrictEqual(
          Fs.readFileSync(join(folder, String(at)), "utf8")
            .trimEnd()
            .split("\n"),
          expected,
        )
      }
      assert.deepStrictEqual(Fs.readdirSync(folder).toSorted(), ["0", "1", "a script"])
    }).pipe(Effect.scoped),
  )

  it.live("is no shell line unless that was asked for, and its failures are told", () =>
    Effect.gen(function* () {
      const folder = yield* stage
      const why = (program: Program) =>
        Effect.map(Effect.flip(runProgram(program, torrent, folder)), (error) => error.why)
      assert.match(yield* why({ program: "true; true" }), /^could not be started: there is no such file/)
      assert.match(yield* why({ program: folder }), /^could not be started: permission denied/)
      assert.strictEqual(yield* why(script(folder, "exit 3")), "ended with 3")
      assert.strictEqual(yield* why(script(folder, "kill -9 $$")), "was ended by SIGKILL")
      assert.strictEqual(yield* why({ shell: "false | exit 7" }), "ended with 7")
      assert.match(yield* why({ program: "a\0b" }), /^could not be started/)
    }).pipe(Effect.scoped),
  )

  it.live("ends with us", () =>
    Effect.gen(function* () {
      const folder = yield* stage
      const program = script(
        folder,
        'trap "echo ended > \\"$TORRENT_FOLDER/end\\"; exit" TERM\ntouch "$TORRENT_FOLDER/begun"\nwhile :; do sleep 0.05; done',
      )
      const running = yield* Effect.forkChild(runProgram(program, torrent, folder))
      while (!Fs.existsSync(join(folder, "begun"))) yield* Effect.sleep(10)
      yield* Fiber.interrupt(running)
      assert.strictEqual(Fs.readFileSync(join(folder, "end"), "utf8"), "ended\n")
    }).pipe(Effect.scoped),
  )
})
