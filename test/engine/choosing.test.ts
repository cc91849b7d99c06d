/** Downloads of some of a torrent's files. */
import { assert, describe, it } from "@effect/vitest"
import { Bitfield, ExtendedHandshake, MagnetLink } from "@unchoke/protocol"
import { Content, MemoryPieceStore, MemorySwarm, MemoryTracker, Script, settle, visit } from "@unchoke/testkit"
import { Duration, Effect, Layer, Result, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { chosen, type DownloadEvent, type DownloadOptions, FileChoice, selected, Tracker } from "@unchoke/engine"
import { download, PiecePlan, seed, Wishes } from "@unchoke/engine/internal"

const folder = "downloads"
const address = "127.0.0.1:6881"

const Lengths = Schema.Array(Schema.Literals([0, 1, 100, 16_384, 20_000, 40_000, 70_000])).pipe(
  Schema.check(Schema.isBetweenLength(2, 7)),
)
const Bits = Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isBetweenLength(1, 7)))

/** The second file is padding; the first is never empty. */
const contentOf = (lengths: ReadonlyArray<number>) =>
  Content.make({
    files: lengths.map((length, at) => ({
      path: [`${at}.bin`],
      length: at === 0 ? 1 + length : length,
      padding: at === 1,
    })),
    name: "several",
    announce: MemoryTracker.url,
  })

const indices = ({ torrent }: Content.Content, bits: ReadonlyArray<boolean>) =>
  [...torrent.files.keys()].filter((file) => !torrent.files[file]!.padding && bits[file % bits.length])

/** The pieces in which a file has bytes, by looking at each byte. */
const piecesOf = ({ torrent }: Content.Content, file: number): ReadonlySet<number> => {
  const { length, offset } = torrent.files[file]!
  return new Set(Array.from({ length }, (_, at) => Math.floor((offset + at) / torrent.geometry.pieceLength)))
}

const finish = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(run))
    for (let second = 0; second < 120 && fiber.pollUnsafe() === undefined; second++) yield* visit([1000])
    yield* settle
    const ended = fiber.pollUnsafe()
    assert.isDefined(ended, "it hangs")
    return yield* Effect.flatten(Effect.succeed(ended!))
  })

/** Runs it to its end with one seeder and a tracker; what it told, and what the tracker heard. */
const running = Effect.fnUntraced(function* (content: Content.Content) {
  const tracker = yield* MemoryTracker.make({ delay: 0 })
  const layer = Layer.mergeAll(
    MemorySwarm.layer({ content, peers: { [address]: Script.good } }),
    MemoryPieceStore.layer(),
    tracker.layer("127.0.0.9"),
  )
  const peers = [NetAddress.inetAddressFromStringUnsafe(address)]
  const run = Effect.fnUntraced(function* (options: Partial<DownloadOptions>) {
    const events: Array<DownloadEvent> = []
    const before = tracker.announces.length
    const outcome = yield* finish(
      download(content.torrent, { folder, peers, ...options }).pipe(
        Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
      ),
    )
    return { events, outcome, announces: tracker.announces.slice(before) }
  })
  return { layer, run }
})

describe("some of a torrent's files", () => {
  it.effect.prop(
    "are the pieces in which they have bytes, and padding is none of them",
    [Lengths, Bits],
    ([lengths, bits]) =>
      Effect.sync(() => {
        const content = contentOf(lengths)
        const files = indices(content, bits)
        const choice = new FileChoice(content.torrent, [...files, 1, 99, -1])
        assert.deepStrictEqual([...choice.files], files)
        const wanted = new Set(files.flatMap((file) => [...piecesOf(content, file)]))
        const { pieces } = content.torrent.geometry
        const all = Array.from({ length: pieces }, (_, piece) => piece)
        if (!choice.isAll) {
          assert.deepStrictEqual(
            all.filter((piece) => choice.wants(piece)),
            all.filter((piece) => wanted.has(piece)),
          )
        } else assert.isTrue(all.every((piece) => choice.wants(piece)))
        assert.strictEqual(choice.isAll, files.length === lengths.length - 1)
      }),
  )

  it.effect.prop(
    "one choice after the other: each ends with exactly its bytes, and no piece is fetched twice",
    [Lengths, Schema.Array(Bits).pipe(Schema.check(Schema.isBetweenLength(1, 3)))],
    ([lengths, choices]) =>
      Effect.gen(function* () {
        const content = contentOf(lengths)
        const { torrent } = content
        const { layer, run } = yield* running(content)
        yield* Effect.gen(function* () {
          const swarm = yield* MemorySwarm.MemorySwarm
          const disk = yield* MemoryPieceStore.MemoryPieceStore
          const everChosen = new Set<number>()
          const stored = new Set<number>()
          for (const bits of choices) {
            const files = indices(content, bits)
            const { announces, events, outcome } = yield* run({ files })
            if (files.length === 0) {
              assert.isTrue(Result.isFailure(outcome) && outcome.failure._tag === "NothingChosen")
              continue
            }
            assert.isTrue(Result.isSuccess(outcome), String(outcome))
            const isAll = files.length === torrent.files.length - 1
            const wanted = isAll
              ? new Set(Array.from({ length: torrent.geometry.pieces }, (_, piece) => piece))
              : new Set(files.flatMap((file) => [...piecesOf(content, file)]))
            for (const file of files) {
              everChosen.add(file)
              const { length, offset, path } = torrent.files[file]!
              const bytes = disk.files.get([folder, ...path].join("/"))
              assert.deepStrictEqual(bytes && [...bytes], [...content.data.subarray(offset, offset + length)])
            }
            const names = [...disk.files.keys()].map((path) => path.replace(/\.part$/, ""))
            for (const [file, { path }] of torrent.files.entries()) {
              assert.isTrue(everChosen.has(file) || !names.includes([folder, ...path].join("/")))
            }
            // What is told is about what is wanted.
            const size = (piece: number) => Content.piece(content, piece).length
            const left = [...wanted].filter((piece) => !stored.has(piece)).reduce((sum, piece) => sum + size(piece), 0)
            const bytes = [...wanted].reduce((sum, piece) => sum + size(piece), 0)
            const last = events.findLast(({ _tag }) => _tag === "Done")
            assert.deepStrictEqual(last, { _tag: "Done", pieces: wanted.size, bytes })
            if (left > 0 && announces.length > 0) {
              // Some may be there by then.
              assert.isAtMost(announces[0]!.left, left)
              assert.strictEqual(announces.at(-1)?.left, 0)
              assert.isTrue(announces.some(({ event }) => event === "completed"))
            }
            for (const event of events) {
              if (event._tag !== "PieceStored") continue
              assert.isTrue(wanted.has(event.piece))
              assert.strictEqual(event.pieces, wanted.size)
              stored.add(event.piece)
            }
          }
          assert.isTrue([...disk.stored.values()].every((times) => times === 1))
          assert.isTrue(swarm.served.every(({ piece }) => stored.has(piece)))
        }).pipe(Effect.provide(layer))
      }),
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )

  it.effect("who has all that is wanted, and not all that there is, says so anew (BEP 21)", () =>
    Effect.gen(function* () {
      const content = contentOf([70_000, 10, 70_000])
      const { layer, run } = yield* running(content)
      yield* Effect.gen(function* () {
        const { outcome } = yield* run({ files: [0], seed: { time: Duration.seconds(5) } })
        assert.isTrue(Result.isSuccess(outcome))
        const { told } = yield* MemorySwarm.MemorySwarm
        const greetings = told.flatMap(({ id, payload }) => (id === 0 ? [ExtendedHandshake.fromBytes(payload)!] : []))
        assert.isFalse(greetings[0]?.uploadOnly)
        assert.isTrue(greetings.slice(0, 2).at(-1)?.uploadOnly, `${greetings.length} greetings`)
      }).pipe(Effect.provide(layer))
    }),
  )

  it.effect("a seed of some serves those alone", () =>
    Effect.gen(function* () {
      const content = contentOf([70_000, 10, 70_000])
      const files = Object.fromEntries(
        content.torrent.files.map(({ length, offset, path }) => [
          [folder, ...path].join("/"),
          content.data.slice(offset, offset + length),
        ]),
      )
      const events: Array<DownloadEvent> = []
      const run = seed(content.torrent, {
        folder,
        files: [2],
        trackers: false,
        time: Duration.seconds(2),
      }).pipe(Stream.runForEach((event) => Effect.sync(() => void events.push(event))))
      const layers = Layer.mergeAll(
        MemorySwarm.layer({ content, peers: {} }),
        MemoryPieceStore.layer({ files }),
        Layer.mock(Tracker, {}),
      )
      assert.isTrue(Result.isSuccess(yield* Effect.provide(finish(run), layers)))
      const wanted = piecesOf(content, 2)
      const looked = events.find(({ _tag }) => _tag === "Checking")
      assert.deepInclude(looked, { present: wanted.size })
    }),
  )

  it.effect("a link's files count from 0, beyond the last is no file, and none is a mistake (BEP 53)", () =>
    Effect.gen(function* () {
      const { torrent } = contentOf([10, 10, 10, 10])
      const link = (so: string) =>
        Result.getOrThrow(MagnetLink.fromString(`magnet:?xt=urn:btih:${"0".repeat(40)}${so === "" ? "" : `&so=${so}`}`))
      const files = (so: string) => Effect.map(chosen(torrent, selected(link(so))), (choice) => choice?.files)
      assert.deepStrictEqual(yield* files("0,3"), [0, 3])
      assert.deepStrictEqual(yield* files("2-9"), [2, 3])
      assert.isUndefined(yield* files(""))
      // Padding alone is left out.
      assert.isUndefined(yield* files("0-3"))
      for (const so of ["4-8", "1"]) {
        assert.deepInclude(yield* Effect.flip(files(so)), { _tag: "NothingChosen", pattern: `so=${so}`, files: 3 })
      }
    }),
  )

  it("a plan without wishes for what it has counts it all the same", () => {
    const { torrent } = contentOf([70_000, 10, 70_000])
    const wants = (piece: number) => piece < 2
    const wishes = Wishes.served(Wishes.only(wants))
    const none = Bitfield.Bitfield.empty(torrent.geometry.pieces)
    const plan = new PiecePlan(torrent.geometry, none, { lend: () => undefined, salt: [1, 2], wishes })
    assert.isTrue(plan.complete)
    assert.strictEqual(plan.left, 2 * 32_768)
    assert.deepStrictEqual(plan.extent, { pieces: 2, bytes: 2 * 32_768, stored: 0 })
  })
})
