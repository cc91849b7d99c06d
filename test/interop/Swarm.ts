/**
 * One real client on loopback that seeds every kind of torrent, and a real tracker that knows it.
 *
 * The swarm is there when the tracker counts the client among the seeders of each torrent: by then it has checked its data and is listening.
 */
import { Context, Effect, FileSystem, Layer } from "effect"
import { join } from "node:path"
import type { Client } from "./clients/Client.ts"
import * as Content from "./Content.ts"
import type { Creator } from "./creators/Creator.ts"
import { freePort } from "./loopback.ts"
import { byLibtorrent } from "./readers/readers.ts"
import { libtorrent, type Tool } from "./Tool.ts"
import * as opentracker from "./trackers/opentracker.ts"

/** One torrent in as many files as there are ways to find its peers: they differ in their trackers only, so the info hash is one. */
export interface Sample {
  readonly name: string
  readonly infoHash: string
  readonly files: Readonly<Record<"http" | "udp" | "both", string>>
  /** What a complete download of it leaves in an empty folder. */
  readonly expected: Content.Tree
}

export const layouts: ReadonlyArray<Content.Layout> = ["single", "multi"]

export const sampleName = (creator: Creator, layout: Content.Layout) => `${layout} by ${creator.name}`

/** What every swarm needs beside its client and its creators. */
export const tools: ReadonlyArray<Tool> = [...opentracker.tools, libtorrent]

export class Swarm extends Context.Service<
  Swarm,
  {
    /** The client's `ip:port`. */
    readonly peer: string
    readonly samples: ReadonlyArray<Sample>
  }
>()("interop/Swarm") {}

/** Makes the torrents, starts a tracker and the client, and waits until the one knows the other. */
export const layer = (client: Client, creators: ReadonlyArray<Creator>) =>
  Layer.effect(
    Swarm,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: `unchoke-${client.name}-` })
      const dataFolder = join(folder, "data")
      const home = join(folder, "home")
      yield* fs.makeDirectory(dataFolder)
      yield* fs.makeDirectory(home)
      const trackerAddress = yield* opentracker.reserve("127.0.1.1")
      const cases = creators.flatMap((creator) => layouts.map((layout) => ({ creator, layout })))
      const samples = yield* Effect.forEach(cases, ({ creator, layout }) =>
        make({ creator, layout, folder, dataFolder, ...opentracker.urls(trackerAddress) }),
      )
      const tracker = yield* opentracker.start(
        trackerAddress,
        samples.map((sample) => sample.infoHash),
      )
      const port = yield* freePort(client.host)
      const torrents = samples.map((sample) => sample.files.both)
      const seeder = yield* client.join({ torrents, dataFolder, host: client.host, port, home })
      for (const sample of samples) {
        const counted = Effect.map(tracker.seeders(sample.infoHash), (seeders) => seeders > 0)
        yield* seeder.until(`the tracker counts it as a seeder of "${sample.name}"`, counted)
      }
      return { peer: `${client.host}:${port}`, samples }
    }),
  )

const make = Effect.fnUntraced(function* (sample: {
  readonly creator: Creator
  readonly layout: Content.Layout
  readonly folder: string
  readonly dataFolder: string
  readonly http: string
  readonly udp: string
}) {
  const { creator, layout, folder, dataFolder, http, udp } = sample
  const name = sampleName(creator, layout)
  const source = yield* Content.write(dataFolder, name, layout)
  const create = Effect.fnUntraced(function* (via: string, trackers: ReadonlyArray<string>) {
    const file = join(folder, `${name} ${via}.torrent`)
    yield* creator.create({ source, output: file, trackers, pieceLength: pieceLengths[layout], private: false })
    return file
  })
  const files = {
    http: yield* create("http", [http]),
    udp: yield* create("udp", [udp]),
    both: yield* create("both", [http, udp]),
  }
  const tree = Content.below(yield* Content.read(dataFolder), name)
  return {
    name,
    // By somebody else's reading of the torrent, not by ours.
    infoHash: (yield* byLibtorrent(files.both)).infoHash,
    files,
    expected: creator.listsEmptyFiles ? tree : Content.withoutEmptyFiles(tree),
  } satisfies Sample
})

/** Bytes; neither divides its layout's length. */
const pieceLengths: Record<Content.Layout, number> = { single: 262_144, multi: 65_536 }
