/** The limit of the machine: loadgen/limit.c receives what a good peer sends, and does with it what it is told to. */
import { Effect } from "effect"
import { join } from "node:path"
import { Programs } from "../Programs.ts"
import { contentName, totalLength } from "../Shape.ts"
import { type Client, goodPeer, type Job } from "./Client.ts"

const limit = (name: string, title: string, settings: string, work: (job: Job) => ReadonlyArray<string>): Client => ({
  name,
  title,
  reference: true,
  settings,
  version: Effect.succeed("C"),
  from: "apt install gcc libc6-dev",
  download: Effect.fnUntraced(function* (job) {
    const { address, port } = goodPeer(job.swarm)
    const { limit } = yield* Programs
    const torrent = [job.infoHash, String(job.shape.pieceLength), String(totalLength(job.shape))]
    return { command: limit, args: [...torrent, address, String(port), ...work(job)] }
  }),
})

const hash = ({ hashes }: Job) => ["hash", hashes]

const write = ({ output }: Job) => ["write", join(output, contentName)]

export const limits: ReadonlyArray<Client> = [
  {
    ...limit(
      "limit-receive",
      "C: receive",
      "One thread, told the good peer, reads whole pieces to their place and forgets them.",
      () => [],
    ),
    forgets: true,
  },
  {
    ...limit("limit-hash", "C: receive, hash", "The same, and compares the SHA-1 of each piece (OpenSSL).", hash),
    forgets: true,
  },
  limit("limit-write", "C: receive, hash, write", "The same, and writes each piece to a file.", (job) => [
    ...hash(job),
    ...write(job),
  ]),
]
