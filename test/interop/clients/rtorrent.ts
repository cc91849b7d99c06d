/** rtorrent 0.9.8 on rakshasa's libTorrent 0.13.8, without a terminal. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { daemon } from "../Process.ts"
import { command } from "../Tool.ts"
import type { Client } from "./Client.ts"

export const rtorrent: Client = {
  name: "rtorrent",
  tools: [command("rtorrent")],
  host: "127.0.4.1",
  introduction: "libTorrent 0.",
  join: Effect.fnUntraced(function* ({ torrents, dataFolder, home, host, port, uploadLimit = 0, encrypts = false }) {
    const fs = yield* FileSystem.FileSystem
    const rc = join(home, "rtorrent.rc")
    yield* fs.writeFileString(
      rc,
      [
        "system.daemon.set = true",
        `session.path.set = "${home}"`,
        `directory.default.set = "${dataFolder}"`,
        `network.bind_address.set = ${host}`,
        `network.port_range.set = ${port}-${port}`,
        "network.port_random.set = no",
        "dht.mode.set = disable",
        "protocol.pex.set = no",
        ...(encrypts ? ["protocol.encryption.set = allow_incoming,try_outgoing,require,require_RC4"] : []),
        `throttle.global_up.max_rate.set_kb = ${uploadLimit / 1024}`,
        ...torrents.map((torrent) => `load.start = "${torrent}"`),
        "",
      ].join("\n"),
    )
    return yield* daemon("rtorrent", ["-n", "-o", `import=${rc}`])
  }),
}
