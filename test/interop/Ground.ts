/**
 * Where a swarm of several makes meets: one torrent, and a tracker on loopback that hears what each of them says of itself.
 *
 * Every member has a folder of its own with all, nothing or a part of the content. rtorrent and aria2 know one peer of an address at a time, and ours and
 * webtorrent both call from 127.0.0.1: no swarm here has both beside one of those.
 */
import { LoopbackTracker } from "@unchoke/testkit"
import { Duration, Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import type { Client } from "./clients/Client.ts"
import * as libtorrent from "./clients/libtorrent.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { freePort } from "./loopback.ts"
import * as Ours from "./Ours.ts"
import { unchoke } from "./unchoke.ts"

export const MiB = 1024 * 1024
export const pieceLength = 256 * 1024
const name = "content.bin"

/** What a member has to begin with: all, nothing, or some pieces. */
export type Has = "all" | "nothing" | ((piece: number) => boolean)

export interface GroundOptions {
  /** Bytes, in whole pieces. */
  readonly size: number
  /** Bytes (default: 256 KiB). */
  readonly pieceLength?: number
  /** The peers that the tracker tells of; otherwise all that have announced themselves. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress>
}

export interface MemberOptions {
  readonly has: Has
  readonly uploadLimit?: number
  readonly encrypts?: boolean
  /** It is given the link alone. */
  readonly byLink?: boolean
}

/** What every ground needs beside its clients. */
export const { tools } = mktorrent

/** The whole content may take so long to arrive: transmission's rounds are of 10 s. */
const patience = Duration.seconds(75)

export const make = Effect.fnUntraced(function* ({
  peers,
  pieceLength: ownPieceLength = pieceLength,
  size,
}: GroundOptions) {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-ground-" })
  const tracker = yield* LoopbackTracker.make({ host: "127.0.1.1", ...(peers !== undefined && { peers }) })
  const content = Content.bytes(name, size)
  const source = join(root, name)
  const torrent = join(root, "content.torrent")
  yield* fs.writeFile(source, content)
  yield* mktorrent.create({
    source,
    output: torrent,
    trackers: [tracker.announceUrl],
    pieceLength: ownPieceLength,
    private: false,
  })

  let folders = 0
  /** A folder with a part of the content in it. */
  const folder = Effect.fnUntraced(function* (has: Has) {
    const made = join(root, `member ${++folders}`)
    yield* fs.makeDirectory(made)
    if (has === "nothing") return made
    const part = Buffer.from(content)
    if (has !== "all") {
      for (let piece = 0; piece < size / ownPieceLength; piece++) {
        if (!has(piece)) part.fill(0, piece * ownPieceLength, (piece + 1) * ownPieceLength)
      }
    }
    yield* fs.writeFile(join(made, name), part)
    return made
  })
  const isComplete = (folder: string) =>
    fs.readFile(join(folder, name)).pipe(
      Effect.map((there) => content.equals(there)),
      Effect.orElseSucceed(() => false),
    )
  const shown = yield* unchoke("show", torrent, "--magnet")
  const heardOf = (address: string) =>
    Effect.sync(() => tracker.announces.some(({ peer }) => NetAddress.formatInet(peer) === address))

  return {
    torrent,
    /** Its link, with the tracker in it. */
    link: shown.stdout.trim(),
    size,
    folder,
    isComplete,
    /** What one port's owner has told the tracker, in order. */
    told: (port: number) =>
      tracker.announces.filter(({ request }) => request.port === port).map(({ request }) => request),
    /** Somebody else's client; it has announced itself when this returns. */
    join: Effect.fnUntraced(function* (client: Client, { byLink = false, has, ...limits }: MemberOptions) {
      const dataFolder = yield* folder(has)
      const home = yield* folder("nothing")
      const { host } = client
      const port = yield* freePort(host)
      const running = yield* client.join({
        torrents: [byLink ? shown.stdout.trim() : torrent],
        dataFolder,
        host,
        port,
        home,
        ...limits,
      })
      const address = `${host}:${port}`
      yield* running.until("its first announce", heardOf(address))
      return {
        address,
        /** Ends when all of the content is there. */
        complete: running.until("the whole content", isComplete(dataFolder), patience),
      }
    }),
    /** Sessions of libtorrent, which have announced themselves when this returns. */
    joinMany: Effect.fnUntraced(function* (
      wanted: ReadonlyArray<
        Omit<libtorrent.Session, "folder" | "address"> & { readonly host: string; readonly has: Has }
      >,
    ) {
      const sessions = yield* Effect.forEach(wanted, ({ has, host, ...rest }) =>
        Effect.all({ folder: folder(has), port: freePort(host) }).pipe(
          Effect.map(({ folder, port }) => ({ ...rest, folder, address: `${host}:${port}` })),
        ),
      )
      const home = yield* folder("nothing")
      const { status, until } = yield* libtorrent.many({ torrents: [torrent], home, sessions })
      for (const { address } of sessions) yield* until("its first announce", heardOf(address))
      const complete = Effect.map(status, (all) => all.every(({ complete }) => complete))
      return {
        status,
        addresses: sessions.map(({ address }) => address),
        complete: until("the whole content in each session", complete, patience),
      }
    }),
    /** Ours, at a port; it listens when this returns. */
    ours: Effect.fnUntraced(function* (
      command: "seed" | "download",
      {
        folder,
        port,
        torrent: other = torrent,
      }: { readonly folder: string; readonly port: number; readonly torrent?: string },
      ...args: ReadonlyArray<string>
    ) {
      const where = command === "seed" ? [folder] : ["--output", folder]
      const ours = yield* Ours.start(command, other, ...where, "--port", String(port), ...args)
      yield* ours.until("that it listens", ({ _tag }) => _tag === "Listening")
      return ours
    }),
  }
})

export type Ground = Effect.Success<ReturnType<typeof make>>
