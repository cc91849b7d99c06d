import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { InvalidTorrent, Torrent } from "unchoke"

const info = "d6:lengthi5e4:name1:x6:pieces20:aaaaaaaaaaaaaaaaaaaa12:piece lengthi16384ee"

it.layer(NodeCrypto.layerDigest)((it) => {
  it.effect("the info hash is taken over the bytes as they stand", () =>
    Effect.gen(function* () {
      const unsorted = "d4:name1:x6:lengthi5e12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa3:foo3:bare"
      for (const raw of [info, unsorted]) {
        const torrent = yield* Torrent.fromBytes(Buffer.from(`d4:info${raw}e`))
        expect(Buffer.from(torrent.infoHash)).toEqual(createHash("sha1").update(raw).digest())
        expect(torrent.name).toBe("x")
      }
    }),
  )

  it.effect("what is wrong is named, and can be caught", () =>
    Effect.gen(function* () {
      const broken = Buffer.from(`d4:info${info.replace("i5e", "i0e")}e`)
      const error = yield* Effect.flip(Torrent.fromBytes(broken))
      expect(error).toEqual(
        new InvalidTorrent({
          field: "info.length",
          why: "leaves nothing to download: all files are empty",
          offset: 7,
        }),
      )
      expect(error.message).toBe("the torrent's info.length leaves nothing to download: all files are empty")
      const caught = Torrent.fromBytes(Buffer.from("<html>")).pipe(
        Effect.catchTag("InvalidTorrent", ({ message }) => Effect.succeed(message)),
      )
      expect(yield* caught).toBe("the torrent is not valid bencode: not a value at byte 0")
    }),
  )
})
