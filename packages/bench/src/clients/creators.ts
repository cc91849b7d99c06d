/** Programs that make torrents and do nothing else, and the limit of the machine for that. */
import { Effect } from "effect"
import { join } from "node:path"
import * as places from "../places.ts"
import { Programs } from "../Programs.ts"
import { type Client, madeName, threads } from "./Client.ts"
import { version } from "./libtorrent.ts"
import { versionOf } from "./version.ts"

export const creators: ReadonlyArray<Client> = [
  {
    name: "mktorrent",
    title: "mktorrent",
    settings: `${threads} threads that hash (\`-t ${threads}\`), and one more that reads.`,
    version: versionOf("mktorrent", ["-h"], /mktorrent (\S+)/),
    from: "apt install mktorrent",
    create: ({ output, shape, source }) =>
      Effect.succeed({
        command: "mktorrent",
        args: [
          "-t",
          String(threads),
          "-l",
          String(Math.log2(shape.pieceLength)),
          "-a",
          "http://10.0.0.1/announce",
          "-o",
          join(output, madeName),
          source,
        ],
      }),
  },
  {
    name: "transmission-create",
    title: "transmission-create",
    settings: "As installed: one thread.",
    version: versionOf("transmission-create", ["--version"], /transmission-create (\S+)/),
    from: "apt install transmission-cli",
    create: ({ output, shape, source }) =>
      Effect.succeed({
        command: "transmission-create",
        args: ["-s", String(shape.pieceLength / 1024), "-o", join(output, madeName), source],
      }),
  },
  {
    name: "libtorrent-create",
    title: "libtorrent, set_piece_hashes",
    settings: `\`set_piece_hashes\` with ${threads} hashing threads, by Python's binding; v1 only.`,
    version,
    from: "apt install python3-libtorrent",
    create: ({ output, shape, source }) =>
      Effect.succeed({
        command: "/usr/bin/python3",
        args: [
          "-B",
          join(places.clients, "libtorrent-create.py"),
          source,
          String(shape.pieceLength),
          join(output, madeName),
        ],
      }),
  },
  ...[threads, 1].map((count): Client => ({
    name: count === 1 ? "limit-create-1" : "limit-create",
    title: count === 1 ? "C: read, hash; one thread" : "C: read, hash",
    reference: true,
    settings: `${count === 1 ? "One thread reads" : `${count} threads read`} the file and hash its pieces (OpenSSL); no torrent is made.`,
    version: Effect.succeed("C"),
    from: "apt install gcc libc6-dev",
    create: Effect.fnUntraced(function* ({ output, shape, source }) {
      const { hash } = yield* Programs
      return { command: hash, args: [source, String(shape.pieceLength), String(count), join(output, madeName)] }
    }),
  })),
]
