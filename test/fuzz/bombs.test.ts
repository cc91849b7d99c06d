/**
 * Inputs that are made to hurt: what is refused is refused for its reason, and twice as much is at most twice the work.
 *
 * Work is counted in blocks of our code and of npm's decoder, not measured, so that it is the same on every machine. What runs inside the engine of
 * JavaScript (regular expressions, strings, maps) is not counted: `growth.ts` measures it, and memory.
 */
import { beforeAll, describe, expect, it } from "@effect/vitest"
import { Bencode, ExtendedHandshake, Frames, Metainfo, TrackerReply } from "@unchoke/protocol"
import { Result } from "effect"
import { pathToFileURL } from "node:url"
import { bundle } from "./harness/bundle.ts"
import { countersName } from "./harness/instrument.ts"
import type * as protocol from "./harness/protocol.ts"
import { type Bomb, messageBombs, torrentBombs } from "./oracles/bombs.ts"
import { latin1 } from "./oracles/samples.ts"

const MiB = 1024 * 1024

type Protocol = typeof protocol

/** The protocol with counters in it, and the counters. */
let counted: { readonly protocol: Protocol; readonly counters: Uint32Array }

beforeAll(async () => {
  const { file } = await bundle("protocol.ts")
  const protocol = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Protocol
  counted = { protocol, counters: (globalThis as unknown as Record<string, Uint32Array>)[countersName]! }
})

const workOf = (read: (protocol: Protocol) => void): number => {
  counted.counters.fill(0)
  read(counted.protocol)
  return counted.counters.reduce((sum, count) => sum + count, 0)
}

/** Twice the size is twice the work, with a little for what a number more of digits costs. */
const expectLinear = (bomb: Bomb, read: (protocol: Protocol, bytes: Uint8Array) => void) => {
  const [half, whole] = [bomb(150_000), bomb(300_000)]
  const small = workOf((protocol) => read(protocol, half))
  expect(small).toBeGreaterThan(0)
  expect(workOf((protocol) => read(protocol, whole)) / small).toBeLessThan(2.15)
}

describe("twice as much is at most twice the work", () => {
  it.each(Object.entries(torrentBombs))("torrent: %s", (_, bomb) => {
    expectLinear(bomb, ({ Metainfo }, bytes) => Metainfo.fromBytes(bytes))
  })

  it.each(Object.entries(torrentBombs))("bencode: %s", (_, bomb) => {
    expectLinear(bomb, ({ Bencode }, bytes) => Bencode.decode(bytes))
  })

  it.each(Object.entries(messageBombs))("messages: %s", (_, bomb) => {
    expectLinear(bomb, ({ ExtendedHandshake, Frames, PeerMessage }, bytes) => {
      const frames = new Frames.Frames(100)
      for (let at = 0; at < bytes.length; at += 1000) {
        const out: Array<Uint8Array> = []
        frames.reclaim()
        if (frames.push(bytes.subarray(at, at + 1000), out) !== undefined) return
        for (const message of out.map(PeerMessage.parse)) {
          if (typeof message !== "string" && message._tag === "Extended") ExtendedHandshake.fromBytes(message.payload)
        }
      }
    })
  })

  it.each(Object.entries(torrentBombs))("tracker's answer: %s", (_, bomb) => {
    expectLinear(bomb, ({ TrackerReply }, bytes) => TrackerReply.fromBytes(bytes))
  })
})

describe("torrents", () => {
  const verdictOf = (bytes: Uint8Array) =>
    Result.match(Metainfo.fromBytes(bytes), {
      onSuccess: ({ files }) => `${files.length} files`,
      onFailure: ({ field, why }) => `${field} ${why}`,
    })

  it.each([
    ["lists in lists", 32 * MiB, "torrent is not valid bencode: too deep at byte 100"],
    ["dictionaries in dictionaries", 32 * MiB, "torrent is not valid bencode: too deep at byte 400"],
    ["nothing but empty strings", 31 * MiB, "torrent is not valid bencode: too many values at byte 5999999"],
    ["lists in lists", 128 * MiB + 1, "torrent is not valid bencode: too large at byte 134217728"],
    ["an endless integer", 31 * MiB, "torrent is not a dictionary"],
    ["an endless length", 31 * MiB, "torrent is not valid bencode: string longer than what is left at byte 0"],
    ["zeros before a length", 31 * MiB, "torrent is not valid bencode: leading zero at byte 0"],
    ["one long key", 31 * MiB, "torrent is not valid bencode: key too long at byte 86"],
    ["hashes for nothing", 20 * MiB, "info.pieces has 1048576 hashes, but 1 bytes in pieces of 16384 are 1"],
    ["one long name", 31 * MiB, "1 files"],
    ["a long comment", 31 * MiB, "1 files"],
    ["a long tracker", 31 * MiB, "1 files"],
  ])("%s, of %i bytes: %s", (name, bytes, verdict) => {
    expect(verdictOf(torrentBombs[name]!(bytes))).toBe(verdict)
  })

  it("of three hundred thousand files have a path for each", () => {
    const bytes = torrentBombs["files of one name but for its case"]!(44 * 300_000)
    const { files } = Result.getOrThrow(Metainfo.fromBytes(bytes))
    expect(files.length).toBeGreaterThan(299_000)
    expect(new Set(files.map(({ path }) => path.join("/").toLowerCase())).size).toBe(files.length)
  })

  it.each([0, 1, 19, 20, 39, 41, 60, 20 * 1000])("whose two pieces have %i bytes of hashes are refused", (length) => {
    const bytes = latin1(
      `d4:infod6:lengthi20000e4:name1:a12:piece lengthi16384e6:pieces${length}:${"h".repeat(length)}ee`,
    )
    expect(verdictOf(bytes)).toMatch(/^info\.pieces (?:is|has)/)
  })

  it("name a tracker once, however often it is listed", () => {
    const { trackers } = Result.getOrThrow(Metainfo.fromBytes(torrentBombs["one tracker again and again"]!(2 * MiB)))
    expect(trackers).toEqual([["http://a"]])
  })
})

describe("what others send", () => {
  it("is held to what is usual", () => {
    const many = torrentBombs["nothing but empty strings"]!(2 * MiB)
    expect(Result.isFailure(TrackerReply.fromBytes(many))).toBe(true)
    expect(ExtendedHandshake.fromBytes(many)).toBeUndefined()
    expect(Result.isFailure(Bencode.decode(many, { maxTokens: 1000 }))).toBe(true)
  })

  it("costs no memory before its length is checked", () => {
    for (const length of [0x7fff_ffff, 0xffff_ffff, (1 << 20) + 1]) {
      const head = Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length, 20)
      const before = process.memoryUsage().arrayBuffers
      expect(new Frames.Frames(100).push(head, [])).toEqual({ id: 20, length, limit: 1 << 20 })
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20)
    }
  })
})
