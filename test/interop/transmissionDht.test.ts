/** transmission in the same DHT as ours, among nodes of libtorrent: each finds the other by it alone. In a network namespace, since transmission refuses addresses in 127/8. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import * as BadNetwork from "../faults/network/BadNetwork.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { libtorrentNode } from "./dht/Foreign.ts"
import * as transmissionNode from "./dht/transmissionNode.ts"
import * as Ours from "./Ours.ts"
import { run } from "./Process.ts"
import { libtorrent, type Tool } from "./Tool.ts"
import { cli } from "./unchoke.ts"
import { whenInstalled } from "./whenInstalled.ts"

const network: Tool = {
  name: "a network namespace with a veth pair",
  installed: () => BadNetwork.obstacle("veth") === undefined,
}

/** Transmission announces nothing before it knows so many others. */
const others = 10

const stage = Effect.fnUntraced(function* (who: "ours" | "theirs") {
  const fs = yield* FileSystem.FileSystem
  const { at } = yield* BadNetwork.make(1, "veth")
  const far = (command: ReadonlyArray<string>) => at("far", command)
  const entrances: Array<string> = []
  for (let i = 0; i < others; i++) {
    const address = `10.0.0.${10 + i}`
    assert.strictEqual((yield* run(...far(["ip", "addr", "add", `${address}/24`, "dev", "far0"]))).exitCode, 0)
    const { port } = yield* libtorrentNode(address, entrances[0], far)
    entrances.push(`${address}:${port}`)
  }
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-dht-" })
  const folders = yield* Effect.forEach(["theirs", "ours", "home"], (name) =>
    Effect.as(fs.makeDirectory(join(root, name)), join(root, name)),
  )
  const [theirs, ours, home] = folders as [string, string, string]
  const content = Content.bytes("content.bin", 1024 * 1024)
  const source = join(who === "ours" ? ours : theirs, "content.bin")
  const torrent = join(root, "content.torrent")
  yield* fs.writeFile(source, content)
  yield* mktorrent.create({ source, output: torrent, trackers: [], pieceLength: 65_536, private: false })
  return {
    ours: (...args: ReadonlyArray<string>) => {
      // Elsewhere no test asks the DHT.
      const command = ["env", "-u", "UNCHOKE_NO_DHT", process.execPath, cli, ...args]
      return Ours.startBy(...at("near", [...command, "--no-lsd", "--no-pex", "--dht-node", entrances[0]!]))
    },
    /** Starts it. */
    transmission: transmissionNode.start({
      address: "10.0.0.2",
      port: 7000,
      torrent,
      folder: theirs,
      home,
      entrances,
      at: far,
    }),
    torrent,
    folder: ours,
    isComplete: fs.readFile(join(theirs, "content.bin")).pipe(
      Effect.map((there) => content.equals(there)),
      Effect.orElseSucceed(() => false),
    ),
  }
})

whenInstalled("transmission's DHT", [network, libtorrent, ...mktorrent.tools, ...transmissionNode.tools], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("transmission's DHT", (it) => {
    it.effect(
      "ours finds transmission",
      () =>
        Effect.gen(function* () {
          const { ours, torrent, transmission } = yield* stage("theirs")
          yield* transmission
          // Until transmission has announced itself nobody is found. A probe tells nobody of itself, so transmission cannot call.
          for (let found = false; !found;) {
            const us = yield* ours("probe", torrent)
            yield* us.ended
            found = us.lines.some(({ peer }) => peer === "10.0.0.2:7000")
            // libtorrent answers no more to whom it hears five times a second.
            if (!found) yield* Effect.sleep("3 seconds")
          }
        }).pipe(Effect.timeout("4 minutes"), Effect.scoped),
      260_000,
    )

    it.effect(
      "transmission finds ours",
      () =>
        Effect.gen(function* () {
          const { folder, isComplete, ours, torrent, transmission } = yield* stage("ours")
          const us = yield* ours("seed", torrent, folder)
          // Transmission looks once, and the next time after 25 minutes.
          yield* us.until("that it is announced", ({ _tag }) => _tag === "SourceAnswered")
          yield* transmission
          yield* Effect.repeat(Effect.delay(isComplete, "500 millis"), { until: (complete) => complete })
        }).pipe(Effect.timeout("4 minutes"), Effect.scoped),
      260_000,
    )
  }),
)
