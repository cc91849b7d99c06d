import { NodeUnchoke } from "@unchoke/node"
import { Effect, Stream } from "effect"
import { Torrent, Unchoke } from "unchoke"
import * as Fs from "node:fs"
import * as v8 from "node:v8"
const N = Number(process.argv[2] ?? 500)
const dir = process.argv[3] ?? "/tmp/many.d/five"
const names = Fs.readdirSync(dir)
  .filter((n) => n.endsWith(".torrent"))
  .slice(0, N)
const show = (what: string) => {
  globalThis.gc?.()
  const m = process.memoryUsage()
  console.log(
    what,
    Object.entries(m)
      .map(([k, v]) => `${k} ${(v / 2 ** 20).toFixed(1)}`)
      .join("  "),
  )
}
const program = Effect.gen(function* () {
  const { seed } = yield* Unchoke
  show("start")
  const torrents = []
  for (const n of names) torrents.push(yield* Torrent.fromBytes(Fs.readFileSync(`${dir}/${n}`)))
  show("read")
  let ready = 0
  for (const t of torrents)
    yield* Effect.forkChild(
      Stream.runForEach(seed(t, { folder: `${dir}/data`, trackers: false, dht: false, lsd: false }), (e) =>
        Effect.sync(() => {
          if (e._tag === "Checking" && e.checked === e.pieces) ready++
        }),
      ),
    )
  while (ready < names.length) yield* Effect.sleep(200)
  yield* Effect.sleep(2000)
  show("ready")
  if (process.argv[4] === "snap") v8.writeHeapSnapshot("/tmp/many.d/heap.heapsnapshot")
  const c = process.cpuUsage()
  yield* Effect.sleep(10_000)
  const d = process.cpuUsage(c)
  console.log("cpu %", ((d.user + d.system) / 1e5).toFixed(2), "fds", Fs.readdirSync("/proc/self/fd").length)
  show("end")
})
await Effect.runPromise(
  Effect.scoped(program).pipe(Effect.provide(NodeUnchoke.layerWith({ port: 0, dht: false }))) as any,
)
process.exit(0)
