import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { InvalidTorrent, Torrent, UnsupportedTorrent } from "@unchoke/engine"

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

  it.effect("one that gives no name is called by its info hash", () =>
    Effect.gen(function* () {
      const raw = info.replace("4:name1:x", "4:name0:")
      const { infoHash, name, files } = yield* Torrent.fromBytes(Buffer.from(`d4:info${raw}e`))
      expect(name).toBe(createHash("sha1").update(raw).digest("hex"))
      expect(Buffer.from(infoHash).toString("hex")).toBe(name)
      expect(files[0]!.path).toEqual([name])
    }),
  )

  it.effect("one of BitTorrent v2 alone is not supported; a hybrid is one of v1", () =>
    Effect.gen(function* () {
      const v2 = "12:meta versioni2e4:name1:x12:piece lengthi16384e"
      const error = yield* Effect.flip(Torrent.fromBytes(Buffer.from(`d4:infod${v2}ee`)))
      expect(error).toEqual(new UnsupportedTorrent({ version: 2 }))
      expect(error.message).toBe("it is for BitTorrent v2 alone, which is not supported yet")
      const { geometry } = yield* Torrent.fromBytes(
        Buffer.from(`d4:infod6:lengthi5e6:pieces20:${"a".repeat(20)}${v2}ee`),
      )
      expect(geometry.pieces).toBe(1)
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
