import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schedule, Schema, Stdio, Stream } from "effect"
import { execFileSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readList } from "../../../packages/cli/src/many/list.ts"
import { NamesNothing } from "../../../packages/cli/src/many/NamesNothing.ts"

const Line = Schema.Literals([
  "",
  "  ",
  "# a comment",
  "  # another",
  "a.torrent",
  " b c.torrent ",
  "magnet:?xt=1#x",
  "ü",
])

/** What a list is cut into, on its way here. */
const cut = (bytes: Uint8Array, every: number) =>
  Array.from({ length: Math.ceil(bytes.length / every) }, (_, i) => bytes.subarray(i * every, (i + 1) * every))

const read = (chunks: ReadonlyArray<Uint8Array>) =>
  Stream.runCollect(readList("-")).pipe(Effect.provide(Stdio.layerTest({ stdin: Stream.fromIterable(chunks) })))

it.effect.prop(
  "a line is a torrent, however the list is cut and its lines end; blank ones and comments are none",
  [Schema.Array(Line), Schema.Boolean, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))],
  ([lines, windows, every]) =>
    Effect.gen(function* () {
      const text = lines.join(windows ? "\r\n" : "\n")
      const found = yield* Effect.result(read(cut(new TextEncoder().encode(text), every)))
      const expected = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))
      assert.deepStrictEqual(
        found,
        expected.length > 0 ? Result.succeed(expected) : Result.fail(new NamesNothing({ list: "-" })),
      )
    }),
)

it.effect("what has no lines is no list, and is not read to its end", () =>
  Effect.gen(function* () {
    let chunks = 0
    const endless = Stream.repeat(
      Stream.fromEffect(Effect.sync(() => (chunks++, new Uint8Array(10_000).fill(0x61)))),
      Schedule.forever,
    )
    const error = yield* Effect.flip(
      Stream.runDrain(readList("-")).pipe(Effect.provide(Stdio.layerTest({ stdin: endless }))),
    )
    assert.match(error.message, /^cannot read the list on stdin: it has a line that is too long/)
    assert.isBelow(chunks, 100)
  }),
)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-list-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
)

const ofFile = (path: string) =>
  Effect.provide(Stream.runCollect(readList(path)), Stdio.layerTest({ stdin: Stream.never }))

it.live.skipIf(process.platform === "win32")("a pipe gives its lines as they come, and holds up no interruption", () =>
  Effect.gen(function* () {
    const pipe = join(yield* folder, "pipe")
    execFileSync("mkfifo", [pipe])
    const alone = yield* Effect.forkChild(ofFile(pipe), { startImmediately: true })
    yield* Effect.sleep("20 millis")
    yield* Fiber.interrupt(alone)
    // Now somebody is there: what was asked of the system comes to its end.
    closeSync(openSync(pipe, "r+"))
    const other = openSync(pipe, "r+")
    const first = yield* Effect.forkChild(
      Effect.provide(Stream.runHead(readList(pipe)), Stdio.layerTest({ stdin: Stream.never })),
      { startImmediately: true },
    )
    writeFileSync(other, "a.torrent\n")
    assert.deepInclude(yield* Fiber.join(first), { value: "a.torrent" })
    closeSync(other)
  }).pipe(Effect.scoped),
)

it.effect.prop(
  "nothing is taken of a line that is no text, nor of what is behind it",
  [
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 19 })),
    Schema.Literals([0, 1, 8, 12, 14, 127, 0x80, 0xff]),
  ],
  ([before, byte]) =>
    Effect.gen(function* () {
      const good = Array.from({ length: before }, (_, nth) => `${nth}.torrent`)
      const bytes = Buffer.concat([
        Buffer.from(good.map((line) => `${line}\n`).join("")),
        Buffer.from([0x61, byte, 0x62, 0x0a]),
        Buffer.from("later.torrent\n"),
      ])
      const taken: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(readList("-"), (text) => Effect.sync(() => void taken.push(text))).pipe(
          Effect.provide(Stdio.layerTest({ stdin: Stream.make(bytes) })),
        ),
      )
      assert.match(error.message, /^cannot read the list on stdin: this is no list/)
      assert.isTrue(taken.every((text, nth) => text === good[nth]))
    }),
)

it.live("what is no list is told in words", () =>
  Effect.gen(function* () {
    const there = yield* folder
    const torrent = join(there, "x.torrent")
    writeFileSync(torrent, "d8:announce3:abc4:infodee")
    const why = (path: string) => Effect.map(Effect.flip(ofFile(path)), ({ message }) => message)
    assert.match(yield* why(torrent), /^cannot read the list .*x\.torrent: it is a torrent itself/)
    assert.match(yield* why(there), /^cannot read the list .*: it is a folder$/)
    assert.match(yield* why(join(there, "none")), /^cannot read the list .*none: there is no such file$/)
    writeFileSync(join(there, "wide"), Buffer.from("\ufeffa.torrent\n", "utf16le"))
    assert.match(yield* why(join(there, "wide")), /wide: it is UTF-16, and a list is UTF-8$/)
    writeFileSync(join(there, "picture"), Buffer.from("PNG\n\x1a\n\0\0\0\rIHDR", "latin1"))
    assert.match(yield* why(join(there, "picture")), /picture: this is no list: there are bytes in it/)
    writeFileSync(join(there, "empty"), "# nothing\n\n")
    assert.match(yield* why(join(there, "empty")), /^the list .*empty names no torrent$/)
  }).pipe(Effect.scoped),
)
