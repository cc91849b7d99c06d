import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Schedule, Schema, Stdio, Stream } from "effect"
import { readList } from "../../../packages/cli/src/many/list.ts"

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
  Stream.runCollect(readList("-")).pipe(
    Effect.provide(Stdio.layerTest({ stdin: Stream.fromIterable(chunks) })),
    Effect.provide(FileSystem.layerNoop({})),
  )

it.effect.prop(
  "a line is a torrent, however the list is cut and its lines end; blank ones and comments are none",
  [Schema.Array(Line), Schema.Boolean, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))],
  ([lines, windows, every]) =>
    Effect.gen(function* () {
      const text = lines.join(windows ? "\r\n" : "\n")
      const found = yield* read(cut(new TextEncoder().encode(text), every))
      const expected = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))
      assert.deepStrictEqual([...found], expected)
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
      Stream.runDrain(readList("-")).pipe(
        Effect.provide(Stdio.layerTest({ stdin: endless })),
        Effect.provide(FileSystem.layerNoop({})),
      ),
    )
    assert.match(error.message, /^cannot read the list on stdin: it has a line that is too long/)
    assert.isBelow(chunks, 100)
  }),
)
