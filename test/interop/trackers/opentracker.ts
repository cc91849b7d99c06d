/** Debian's opentracker, one process for HTTP and UDP. It serves the info hashes of a list only, and reads that list as `nobody`. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { freePort } from "../loopback.ts"
import { daemon } from "../Process.ts"
import { command, type Tool } from "../Tool.ts"

export interface Tracker {
  readonly http: string
  readonly udp: string
  /** How many complete peers it knows of a torrent, by its own count. */
  readonly seeders: (infoHash: string) => Effect.Effect<number>
}

export const tools: ReadonlyArray<Tool> = [command("opentracker")]

/** An address for a tracker that will be started there. */
export const reserve = (host: string) => Effect.map(freePort(host), (port) => ({ host, port }))

export const urls = ({ host, port }: { readonly host: string; readonly port: number }) => ({
  http: `http://${host}:${port}/announce`,
  udp: `udp://${host}:${port}/announce`,
})

/** Starts it for the given info hashes (hex); ready when it answers. */
export const start = Effect.fnUntraced(function* (
  address: { readonly host: string; readonly port: number },
  infoHashes: ReadonlyArray<string>,
) {
  const fs = yield* FileSystem.FileSystem
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-opentracker-" })
  yield* fs.writeFileString(join(home, "whitelist"), infoHashes.map((hash) => `${hash}\n`).join(""))
  yield* fs.chmod(home, 0o755)
  const { host, port } = address
  const listen = ["-i", host, "-p", String(port), "-P", String(port)]
  const running = yield* daemon("opentracker", [...listen, "-d", home, "-w", "whitelist"])
  const answers = infoHashes.map((hash) => Effect.map(scrape(address, hash), (reply) => reply !== undefined))
  yield* running.until(
    "an answer over HTTP",
    Effect.map(Effect.all(answers), (all) => all.every(Boolean)),
  )
  return {
    ...urls(address),
    seeders: (infoHash) =>
      Effect.map(scrape(address, infoHash), (reply) => Number(/8:completei(\d+)e/.exec(reply ?? "")?.[1] ?? 0)),
  } satisfies Tracker
})

/** The tracker's reply to a scrape, or nothing when it does not answer. */
const scrape = ({ host, port }: { readonly host: string; readonly port: number }, infoHash: string) =>
  Effect.tryPromise(async () => {
    const reply = await fetch(`http://${host}:${port}/scrape?info_hash=${infoHash.replace(/../g, "%$&")}`)
    return Buffer.from(await reply.arrayBuffer()).toString("latin1")
  }).pipe(Effect.orElseSucceed(() => undefined))
