/** Peers that are found in the local network alone (BEP 14): in a network of two hosts, one of them libtorrent's. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import * as BadNetwork from "../faults/network/BadNetwork.ts"
import { libtorrent, many } from "./clients/libtorrent.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import * as Ours from "./Ours.ts"
import { run } from "./Process.ts"
import type { Tool } from "./Tool.ts"
import { cli } from "./unchoke.ts"
import { whenInstalled } from "./whenInstalled.ts"

const size = 4 * 1024 * 1024

const network: Tool = {
  name: "a network namespace with a veth pair",
  installed: () => BadNetwork.obstacle("veth") === undefined,
}

/** Theirs is far, at this address; ours is near. */
const stage = Effect.fnUntraced(function* (address: string) {
  const fs = yield* FileSystem.FileSystem
  const { at } = yield* BadNetwork.make(1, "veth")
  for (const [end, host] of [
    ["near", 1],
    ["far", 2],
  ] as const) {
    const [file, args] = at(end, ["ip", "addr", "add", `fd00::${host}/64`, "dev", `${end}0`, "nodad"])
    assert.strictEqual((yield* run(file, args)).exitCode, 0)
  }
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-local-" })
  const folders = yield* Effect.forEach(["theirs", "ours", "home"], (name) =>
    Effect.as(fs.makeDirectory(join(root, name)), join(root, name)),
  )
  const [theirs, ours, home] = folders as [string, string, string]
  const content = Content.bytes("content.bin", size)
  const source = join(theirs, "content.bin")
  const torrent = join(root, "content.torrent")
  yield* fs.writeFile(source, content)
  yield* mktorrent.create({ source, output: torrent, trackers: [], pieceLength: 65_536, private: false })
  return {
    theirs: many({
      torrents: [torrent],
      home,
      sessions: [{ address, folder: theirs, settings: { enable_lsd: true } }],
      at: (command) => at("far", command),
    }),
    ours: (...args: ReadonlyArray<string>) => {
      // Elsewhere no test says anything in the network.
      const command = ["env", "-u", "UNCHOKE_NO_LSD", process.execPath, cli, "download", torrent, "--output", ours]
      return Ours.startBy(...at("near", [...command, ...args]))
    },
    isComplete: Effect.map(fs.readFile(join(ours, "content.bin")), (there) => content.equals(there)),
  }
})

whenInstalled("local discovery", [network, ...mktorrent.tools, ...libtorrent.tools], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("local discovery", (it) => {
    it.effect.each(["10.0.0.2:7000", "[fd00::2]:7000"])("libtorrent hears us, and calls: %s", (address) =>
      Effect.gen(function* () {
        const { isComplete, ours, theirs } = yield* stage(address)
        yield* theirs
        // It says three times at the beginning that it is there, and nothing for five minutes afterwards.
        yield* Effect.sleep("12 seconds")
        const { ended, lines } = yield* ours()
        assert.strictEqual(yield* ended, 0)
        assert.isTrue(yield* isComplete)
        assert.isTrue(lines.some(({ _tag, incoming }) => _tag === "Joined" && incoming === true))
      }),
    )

    it.effect("we hear libtorrent, and call", () =>
      Effect.gen(function* () {
        const { isComplete, ours, theirs } = yield* stage("10.0.0.2:7000")
        // In a race nobody calls us.
        const { ended, lines, until } = yield* ours("--strategy", "race")
        yield* until("that it has looked at the disk", ({ _tag }) => _tag === "Checking")
        yield* theirs
        assert.strictEqual(yield* ended, 0)
        assert.isTrue(yield* isComplete)
        assert.isTrue(lines.some(({ _tag, origin }) => _tag === "Named" && origin === "lsd"))
      }),
    )

    it.effect("--no-lsd says and hears nothing", () =>
      Effect.gen(function* () {
        const { ours, theirs } = yield* stage("10.0.0.2:7000")
        yield* theirs
        const { ended, lines } = yield* ours("--no-lsd")
        assert.strictEqual(yield* ended, 6)
        assert.strictEqual(lines.at(-1)?._tag, "NoPeers")
        assert.isFalse(lines.some(({ _tag }) => _tag === "SourceAnswered"))
      }),
    )
  }),
)
