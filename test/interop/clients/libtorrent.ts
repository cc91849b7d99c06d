/** libtorrent-rasterbar 2.0 through its Python binding: the engine of qBittorrent and Deluge. */
import { Effect, FileSystem, Schema } from "effect"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { daemon } from "../Process.ts"
import { libtorrent as module, python } from "../Tool.ts"
import type { Client } from "./Client.ts"

export const libtorrent: Client = {
  name: "libtorrent",
  tools: [module],
  host: "127.0.5.1",
  introduction: "libtorrent/2.",
  join: ({ torrents, dataFolder, home, host, port, uploadLimit = 0, encrypts = false }) =>
    many({
      torrents,
      home,
      sessions: [
        {
          address: `${host}:${port}`,
          folder: dataFolder,
          settings: { upload_rate_limit: uploadLimit, ...(encrypts && onlyRc4) },
        },
      ],
    }),
}

/** Forced both ways; of the levels that of RC4. */
const onlyRc4 = { in_enc_policy: 0, out_enc_policy: 0, allowed_enc_level: 2 }

export interface Session {
  /** `ip:port` at which it listens. */
  readonly address: string
  readonly folder: string
  /** In libtorrent's own words. */
  readonly settings?: Readonly<Record<string, number | boolean | string>>
  /** Says that it has nothing, then one piece after the other (BEP 16). */
  readonly superSeeding?: boolean
  /** Tells peers of each other (BEP 11). */
  readonly exchanges?: boolean
}

/** Several sessions in one process, each with all of the torrents. */
export const many = Effect.fnUntraced(function* (asked: {
  readonly torrents: ReadonlyArray<string>
  readonly sessions: ReadonlyArray<Session>
  /** An empty folder. */
  readonly home: string
  /** The command that runs a command where the sessions are to be (default: here). */
  readonly at?: (command: ReadonlyArray<string>) => readonly [string, ReadonlyArray<string>]
}) {
  const fs = yield* FileSystem.FileSystem
  const status = join(asked.home, "status.json")
  const sessions = asked.sessions.map((session) => ({
    settings: {},
    superSeeding: false,
    exchanges: false,
    ...session,
  }))
  const args = [script, JSON.stringify({ ...asked, sessions, status })]
  const { until } = yield* daemon(...(asked.at?.([python, ...args]) ?? ([python, args] as const)))
  yield* until("its first status", fs.exists(status))
  return { until, status: Effect.flatMap(fs.readFileString(status), Schema.decodeUnknownEffect(Statuses)) }
})

/** What each torrent of each session has given and taken, in bytes of pieces. */
const Statuses = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ complete: Schema.Boolean, uploaded: Schema.Int, downloaded: Schema.Int })),
)

const script = fileURLToPath(new URL("libtorrent-join.py", import.meta.url))
