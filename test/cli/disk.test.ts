/** What the command does with what is on the disk already, and what it says of it. */
import { assert, describe, it } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect } from "effect"
import { NetAddress } from "effect/net"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { unchoke } from "./cli.ts"

const pieceLength = 65_536
const film = Content.make({ name: "film.mkv", files: 20 * pieceLength, pieceLength })
const library = Content.make({
  name: "library",
  pieceLength,
  files: [
    { path: ["lib", "x.so.1"], length: 3 * pieceLength },
    { path: ["x.so"], length: 0, link: ["lib", "x.so.1"] },
    { path: ["out.so"], length: 0, link: ["..", "x.so"] },
  ],
})

/** A torrent in a folder of its own, somebody who serves it, and the command. */
const stage = Effect.fnUntraced(function* (content: Content.Content) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-cli-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
  )
  const torrent = Path.join(folder, "the.torrent")
  Fs.writeFileSync(torrent, content.bytes)
  const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.good }])
  const peers = swarm.addresses.flatMap((peer) => ["--peer", NetAddress.formatInet(peer)])
  const output = Path.join(folder, "out")
  Fs.mkdirSync(output)
  return {
    output,
    at: (...path: ReadonlyArray<string>) => Path.join(output, ...path),
    served: () => swarm.served.length,
    download: (...flags: ReadonlyArray<string>) =>
      unchoke(["download", torrent, "--output", output, "--no-tracker", ...peers, ...flags]),
    verify: (place: string, ...flags: ReadonlyArray<string>) => unchoke(["verify", torrent, place, ...flags]),
    show: (...flags: ReadonlyArray<string>) => unchoke(["show", torrent, ...flags]),
  }
})

describe("what is in the way", () => {
  it.live("is left alone and named, with its size and the ways to go on; `--overwrite` replaces it", () =>
    Effect.gen(function* () {
      const { at, download, served } = yield* stage(film)
      const mine = Buffer.alloc(5_000_000, "mine")
      Fs.writeFileSync(at("film.mkv"), mine)
      const refused = yield* download()
      assert.strictEqual(refused.code, 5)
      assert.strictEqual(
        refused.stderr.at(-1),
        `error: Cannot create ${at("film.mkv")}: it exists, 4.77 MiB, and is not what the torrent has there. It was left as it is: choose another folder with --output, or have it replaced with --overwrite.`,
      )
      assert.isTrue(Fs.readFileSync(at("film.mkv")).equals(mine))
      assert.deepStrictEqual(Fs.readdirSync(at()), ["film.mkv"])
      assert.strictEqual(served(), 0)
      const json = yield* download("--json")
      assert.deepInclude(JSON.parse(json.stdout.at(-1)!), { reason: "not this torrent's", size: 5_000_000 })
      assert.strictEqual((yield* download("--overwrite")).code, 0)
      assert.isTrue(Fs.readFileSync(at("film.mkv")).equals(film.data))
      assert.deepStrictEqual(Fs.readdirSync(at()), ["film.mkv"])
    }).pipe(Effect.scoped),
  )
})

describe("the links of a torrent", () => {
  it.live("are made, shown and verified; one that is there is not written through", () =>
    Effect.gen(function* () {
      const { at, download, output, show, verify } = yield* stage(library)
      const sheet = (yield* show()).stdout.join("\n")
      assert.include(sheet, "x.so -> library/lib/x.so.1")
      assert.include(sheet, "out.so -> (out of the torrent: left out)")

      const first = yield* download()
      assert.strictEqual(first.code, 0)
      assert.include(first.stderr.at(-1), `Left out the link ${at("library", "out.so")}: it leads out of the torrent.`)
      assert.strictEqual(Fs.readlinkSync(at("library", "x.so")), "lib/x.so.1")
      const again = yield* download()
      assert.strictEqual(again.code, 0)
      assert.isTrue(Fs.readFileSync(at("library", "lib", "x.so.1")).equals(library.data))
      assert.strictEqual((yield* verify(output)).code, 0)

      Fs.rmSync(at("library", "x.so"))
      Fs.writeFileSync(at("library", "x.so"), "mine")
      const taken = yield* download()
      assert.strictEqual(taken.code, 0)
      assert.include(taken.stderr.join("\n"), `${at("library", "x.so")}: something else is there.`)
      assert.strictEqual(Fs.readFileSync(at("library", "x.so"), "utf8"), "mine")
      const verified = yield* verify(output)
      assert.strictEqual(verified.code, 1)
      assert.include(verified.stdout.join("\n"), "no link     library/x.so (to library/lib/x.so.1)")
    }).pipe(Effect.scoped),
  )
})

describe("verify", () => {
  it.live("of a folder that is not there says so", () =>
    Effect.gen(function* () {
      const { at, verify } = yield* stage(film)
      const { code, stderr, stdout } = yield* verify(at("nowhere"))
      assert.strictEqual(code, 5)
      assert.deepStrictEqual(stdout, [])
      assert.deepStrictEqual(stderr, [
        `error: Cannot open ${at("nowhere")}: not found. Name the folder that the torrent's file or folder is in.`,
      ])
    }).pipe(Effect.scoped),
  )

  it.live("of a file where the torrent has a folder says so", () =>
    Effect.gen(function* () {
      const { at, verify } = yield* stage(library)
      Fs.writeFileSync(at("a file"), "x")
      const { code, stderr, stdout } = yield* verify(at("a file"))
      assert.strictEqual(code, 5)
      assert.deepStrictEqual(stdout, [])
      assert.match(stderr.join(), /^error: Cannot open .*a file: not a folder\. Name the folder that /)
    }).pipe(Effect.scoped),
  )

  it.live("takes the torrent's own folder or file, whatever it is called by now", () =>
    Effect.gen(function* () {
      for (const [content, name] of [
        [film, "film.mkv"],
        [library, "library"],
      ] as const) {
        const { at, download, verify } = yield* stage(content)
        yield* download()
        const own = yield* verify(at(name))
        assert.deepStrictEqual([own.code, own.stdout[0]?.split(":")[0]], [0, `All there. ${at(name)}`])
        Fs.renameSync(at(name), at("other"))
        assert.strictEqual((yield* verify(at("other"))).code, 0)
        assert.strictEqual((yield* verify(at())).code, 1)
      }
    }).pipe(Effect.scoped),
  )

  it.live("of a download that was interrupted says how far it is", () =>
    Effect.gen(function* () {
      const { at, download, output, verify } = yield* stage(film)
      Fs.writeFileSync(at("film.mkv"), film.data.subarray(0, 19 * pieceLength + 5))
      Fs.renameSync(at("film.mkv"), at("film.mkv.part"))
      for (const place of [output, at("film.mkv.part")]) {
        const { code, stdout } = yield* verify(place)
        assert.strictEqual(code, 1)
        assert.deepStrictEqual(stdout.slice(0, 2), [
          `Not finished. ${at("film.mkv")}: 19 of 20 pieces are there and right (95.0 %).`,
          "  unfinished  film.mkv (19 of 20 pieces)",
        ])
        assert.match(stdout[2]!, new RegExp(`^To complete it: unchoke download \\S+ --output ${output}$`))
      }
      const { stderr } = yield* download()
      assert.include(stderr, "1.18 MiB of 1.25 MiB are there already.")
      assert.strictEqual((yield* verify(output)).code, 0)
    }).pipe(Effect.scoped),
  )
})
