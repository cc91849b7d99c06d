import { expect, it } from "@effect/vitest"
import { NodeTracker } from "@unchoke/node"
import { Bencode } from "@unchoke/protocol"
import { LoopbackTracker } from "@unchoke/testkit"
import { Duration, Effect } from "effect"
import { NetAddress } from "effect/net"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { Tracker } from "@unchoke/engine"
import { request } from "../engine/trackers/request.ts"

const announce = (url: string, changes: Partial<typeof request> = {}) =>
  Tracker.use((tracker) => tracker.announce(url, { ...request, ...changes })).pipe(Effect.provide(NodeTracker.layer))

const peers = ["127.0.0.1:1", "127.0.0.2:65535"].map(NetAddress.inetAddressFromStringUnsafe)

for (const over of ["HTTP", "UDP"] as const) {
  const urlOf = (tracker: LoopbackTracker.LoopbackTracker) => (over === "HTTP" ? tracker.announceUrl : tracker.udpUrl)

  it.live(`${over}: a fixed list of peers`, () =>
    Effect.gen(function* () {
      const tracker = yield* LoopbackTracker.make({ peers, interval: Duration.minutes(7) })
      const reply = yield* announce(urlOf(tracker))
      expect(reply).toMatchObject({ peers, interval: Duration.minutes(7), seeders: 0, leechers: 1 })
      expect(tracker.announces).toEqual([
        { over, peer: NetAddress.inetAddressFromStringUnsafe("127.0.0.1:6881"), request },
      ])
    }),
  )

  it.live(`${over}: clients learn of each other, until they stop`, () =>
    Effect.gen(function* () {
      const tracker = yield* LoopbackTracker.make()
      const url = urlOf(tracker)
      expect((yield* announce(url, { port: 1000, left: 0 })).peers).toEqual([])
      const second = yield* announce(url, { port: 2000 })
      expect(second.peers.map(NetAddress.formatInet)).toEqual(["127.0.0.1:1000"])
      expect(second).toMatchObject({ seeders: 1, leechers: 1 })
      yield* announce(url, { port: 1000, event: "stopped" })
      expect((yield* announce(url, { port: 2000 })).peers).toEqual([])
      expect((yield* announce(url, { port: 3000, infoHash: new Uint8Array(20) })).peers).toEqual([])
    }),
  )

  it.live(`${over}: a refusal`, () =>
    Effect.gen(function* () {
      const tracker = yield* LoopbackTracker.make({ refusal: "not today" })
      const { reason } = yield* Effect.flip(announce(urlOf(tracker)))
      expect(reason).toEqual({ _tag: "Refused", reason: "not today" })
    }),
  )

  it.live(`${over}: over IPv6`, () =>
    Effect.gen(function* () {
      const six = [NetAddress.inetAddressFromStringUnsafe("[2001:db8::1]:80")]
      const tracker = yield* LoopbackTracker.make({ host: "::1", peers: six })
      expect((yield* announce(urlOf(tracker))).peers).toEqual(six)
      expect(NetAddress.formatInet(tracker.announces[0]!.peer)).toBe("[::1]:6881")
    }),
  )

  it.live(`${over}: nobody there any more`, () =>
    Effect.gen(function* () {
      const tracker = yield* Effect.scoped(LoopbackTracker.make())
      const { reason } = yield* Effect.flip(announce(urlOf(tracker)))
      expect(reason._tag).toBe("Unreachable")
    }),
  )
}

it.live("HTTP: a name leads to the address that was checked, and arrives as the host", () =>
  Effect.gen(function* () {
    const tracker = yield* LoopbackTracker.make({ peers })
    const { port } = new URL(tracker.announceUrl)
    expect((yield* announce(`http://localhost:${port}/announce`)).peers).toEqual(peers)
    const { reason } = yield* Effect.flip(announce(`http://localhost:${port}/other`))
    expect(reason._tag).toBe("Forbidden")
    expect(tracker.announces).toHaveLength(1)
  }),
)

it.live("HTTP: endless answers and endless redirects end", () =>
  Effect.gen(function* () {
    let open = 0
    const server = createServer((incoming, outgoing) => {
      open++
      outgoing.on("close", () => open--)
      const more = () => {
        while (!outgoing.destroyed && outgoing.write(Buffer.alloc(65_536)));
        outgoing.once("drain", more)
      }
      if (incoming.url!.includes("round")) outgoing.writeHead(302, { location: "/announce?round" }).end()
      else more()
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))),
      () => Effect.promise(() => new Promise((closed) => server.close(closed).closeAllConnections())),
    )
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((yield* Effect.flip(announce(`${origin}/announce`))).reason._tag).toBe("AnswerTooLong")
    expect((yield* Effect.flip(announce(`${origin}/announce?round`))).reason._tag).toBe("TooManyRedirects")
    yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => open === 0, times: 1000 })
    expect(open).toBe(0)
  }),
)

/** A tracker that packs whatever it is asked. */
const packing = (packed: Uint8Array) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const server = createServer((_, response) => {
          response.setHeader("content-encoding", "gzip")
          response.end(packed)
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close()),
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`,
  )

const answer = Bencode.encode({ interval: 60, peers: Uint8Array.of(10, 0, 0, 1, 0, 80) })

it.live("HTTP: an answer that was packed unasked is unpacked", () =>
  Effect.gen(function* () {
    const reply = yield* announce(yield* packing(gzipSync(answer)))
    expect(reply.peers.map(NetAddress.formatInet)).toEqual(["10.0.0.1:80"])
  }),
)

it.live("HTTP: a bomb is not unpacked, whatever it weighs", () =>
  Effect.gen(function* () {
    const { reason } = yield* Effect.flip(announce(yield* packing(gzipSync(Buffer.alloc(256 << 20)))))
    expect(reason._tag).toBe("AnswerTooLong")
  }),
)

it.live("HTTP: half of what was packed, and what was not, are bad answers", () =>
  Effect.gen(function* () {
    for (const bytes of [gzipSync(answer).subarray(0, 30), answer, new Uint8Array(0)]) {
      const { reason } = yield* Effect.flip(announce(yield* packing(bytes)))
      expect(reason._tag).toBe("BadAnswer")
    }
  }),
)
