/** Options that make no sense: refused, each by its name, before anything is begun. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, pass, Script, TestUnchoke } from "@unchoke/testkit"
import { type DownloadOptions, type SeedOptions, type SessionOptions, Unchoke } from "@unchoke/engine"
import { MagnetLink } from "@unchoke/protocol"
import { Effect, Fiber, Schema, Stream } from "effect"

const content = Content.make({
  pieceLength: 16_384,
  files: [
    { path: ["one"], length: 20_000 },
    { path: ["two"], length: 40_000 },
  ],
})
const link = MagnetLink.ofHash(content.torrent.infoHash)

/** What each may not be, and what it may. */
const options = {
  maxPeers: { wrong: [0, -1, NaN, 1.5, Infinity], right: [1, 80] },
  links: { wrong: [0, -3, NaN, 2.5, Infinity], right: [1, 3] },
  downloadLimit: { wrong: [0, -5, NaN, -Infinity], right: [65_536, Infinity] },
  uploadLimit: { wrong: [-1, NaN], right: [0, 65_536, Infinity] },
  ratio: { wrong: [-0.1, NaN], right: [0] },
  port: { wrong: [-1, 65_536, NaN, 0.5], right: [0, 6881] },
  files: { wrong: [-1, 2, NaN, 0.5, Infinity], right: [0, 1] },
} as const
type Name = keyof typeof options

const Names = Schema.Literals(Object.keys(options) as Array<Name>)
const Way = Schema.Literals(["download", "link", "seed", "survey", "session"])
const Nth = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))

const ofSession = new Set<Name>(["maxPeers", "downloadLimit", "uploadLimit", "port"])
const waysOf: Readonly<Record<Name, ReadonlyArray<typeof Way.Type>>> = {
  maxPeers: ["download", "link", "seed", "session"],
  links: ["download", "link"],
  downloadLimit: ["download", "link", "session"],
  uploadLimit: ["download", "link", "seed", "session"],
  ratio: ["download", "link", "seed"],
  port: ["session"],
  files: ["download", "link", "seed", "survey"],
}

const run = (name: Name, way: typeof Way.Type, value: number) =>
  Effect.gen(function* () {
    const { download, seed, survey } = yield* Unchoke
    const folder = "there"
    const given = name === "files" ? { files: [0, value] } : { [name]: value }
    const asked: DownloadOptions = { folder, ...(name === "ratio" ? { seed: { ratio: value } } : given) }
    const seeded: SeedOptions = { folder, time: "1 second", ...given }
    const runs: Record<typeof Way.Type, Stream.Stream<unknown, { readonly _tag: string }>> = {
      download: download(content.torrent, asked),
      link: download(link, asked),
      seed: seed(content.torrent, seeded),
      survey: survey(content.torrent, given),
      session: download(content.torrent, { folder }),
    }
    const fiber = yield* Effect.forkChild(Effect.result(Stream.runDrain(runs[way])))
    yield* pass("1 minute")
    return yield* Fiber.join(fiber)
  })

const worldOf = (name: Name, way: typeof Way.Type, value: number) => {
  const session: SessionOptions = way === "session" && ofSession.has(name) ? { [name]: value } : {}
  return TestUnchoke.layer({ content, peers: [Script.describing({ answers: "true" })], session })
}

describe("an option that makes no sense", () => {
  it.effect.prop(
    "is refused by its name, whatever it is asked for, and nothing is called or written; what makes sense is not",
    [Names, Nth, Nth, Schema.Boolean],
    ([name, nthWay, nth, isWrong]) => {
      const ways = waysOf[name]
      const way = ways[nthWay % ways.length]!
      const values = isWrong ? options[name].wrong : options[name].right
      const value = values[nth % values.length]!
      return Effect.gen(function* () {
        const result = yield* run(name, way, value)
        if (!isWrong) return assert.strictEqual(result._tag, "Success", JSON.stringify(result))
        assert(result._tag === "Failure")
        const { _tag, given, message, option } = result.failure as unknown as Record<string, string>
        assert.deepStrictEqual([_tag, option, given], ["InvalidOption", name, String(value)])
        assert.match(message!, new RegExp(`^${name} is ${value}: it has to be `))
        const swarm = yield* MemorySwarm.MemorySwarm
        const store = yield* MemoryPieceStore.MemoryPieceStore
        // Which files a link has, its peers have to say.
        if (way !== "link" || name !== "files") assert.strictEqual(swarm.dials().size, 0)
        assert.deepStrictEqual([swarm.open(), store.stored.size], [0, 0])
      }).pipe(Effect.provide(worldOf(name, way, value)))
    },
    { arbitrary: { runs: 120 }, timeout: 120_000 },
  )
})
