/** The network in memory keeps its word: rates, fairness, delays, bounds, and the same each time. */
import { assert, describe, it } from "@effect/vitest"
import { PeerId } from "@unchoke/protocol"
import { Content, errand, MemoryNetwork, MemoryPieceStore, Script, ScriptedPeer, settle } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Layer, Random, Schema, Scope, Stream } from "effect"
import { Socket } from "effect/socket"
import { TestClock } from "effect/testing"
import { Dialer, Listener, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const MiB = 1_048_576

const goodSteps = Script.good._tag === "Accept" ? Script.good.steps : []

/** Passes so many seconds; fibers that are not woken by the clock get their turn first. */
const pass = (seconds: number) => Effect.andThen(settle, TestClock.adjust(seconds * 1000))

/** What a transfer has brought so far, in bytes. */
interface Transfer {
  received: number
}

/** A node that takes in whatever is sent to it at port 1; `sources` tells how much came from each caller's address. */
const sink = Effect.fnUntraced(function* (node: MemoryNetwork.Node) {
  const sources = new Map<string, Transfer>()
  const context = yield* Layer.build(node.layer)
  yield* Effect.flatMap(Listener, ({ listen }) =>
    listen([1], ({ peer, socket }) =>
      Effect.gen(function* () {
        const transfer = { received: 0 }
        sources.set(String(peer.address), transfer)
        const pull = yield* Socket.readerBytes(socket)
        yield* Effect.forever(
          Effect.map(pull, (chunks) => {
            for (const chunk of chunks) transfer.received += chunk.length
          }),
        )
      }).pipe(Effect.ignore),
    ),
  ).pipe(Effect.orDie, Effect.provide(context))
  return sources
})

/** Sends to a sink for ever, in writes of so many bytes; tells how much was taken from it. */
const pour = Effect.fnUntraced(function* (node: MemoryNetwork.Node, to: MemoryNetwork.Node, size = 65_536) {
  const written: Transfer = { received: 0 }
  const bytes = new Uint8Array(size)
  yield* Effect.gen(function* () {
    const socket = yield* (yield* Dialer).dial(to.at(1), errand)
    yield* socket.reader
    const writer = yield* socket.writer
    yield* Effect.forever(
      Effect.map(writer.write(bytes), () => void (written.received += size)),
      { disableYield: true },
    )
  }).pipe(Effect.scoped, Effect.ignore, Effect.provide(node.layer), Effect.forkScoped)
  return written
})

const isWithin = (actual: number, expected: number, part: number, what: string) =>
  assert.isTrue(Math.abs(actual - expected) <= expected * part, `${what}: ${actual} instead of ${expected}`)

describe("MemoryNetwork", () => {
  const Rate = Schema.Literals([20_000, 100_000, 1_000_000, 4_000_000])
  const Line = Schema.Struct({ up: Rate, down: Rate, delay: Schema.Literals([0, 3, 20]) })
  it.effect.prop(
    "a stream is as fast as the slower of the two lines, within 2 % over 30 s",
    [Line, Line, Schema.Literals([1000, 16_384, 262_144])],
    ([a, b, size]) =>
      Effect.gen(function* () {
        const rate = Math.min(a.up, b.down)
        // What fills the longest of the paths, so that the lines are the limit and not what may be under way.
        const network = yield* MemoryNetwork.make({ buffer: MiB })
        const [from, to] = [network.node("10.0.0.1", a), network.node("10.0.0.2", b)]
        const sources = yield* sink(to)
        yield* pour(from, to, size)
        yield* pass(5)
        const { received } = sources.get("10.0.0.1")!
        yield* pass(30)
        isWithin(sources.get("10.0.0.1")!.received - received, 30 * rate, 0.02, `${rate} bytes a second`)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 40 } },
  )

  it.effect(
    "the connections of a sender share its line, and those of a receiver, whatever the size of their writes",
    () =>
      Effect.gen(function* () {
        const network = yield* MemoryNetwork.make()
        const seed = network.node("10.0.0.1", { up: MiB })
        const sizes = [500, 16_384, 16_384, 100_000, 262_144]
        const leechers = sizes.map((_, i) => network.node(`10.0.1.${i}`))
        const received = yield* Effect.forEach(leechers, sink)
        for (const [i, size] of sizes.entries()) yield* pour(seed, leechers[i]!, size)
        yield* pass(30)
        for (const [i, sources] of received.entries()) {
          isWithin(sources.get("10.0.0.1")!.received, (30 * MiB) / 5, 0.02, `writes of ${sizes[i]}`)
        }
        const drain = network.node("10.0.0.2", { down: MiB })
        const sources = yield* sink(drain)
        const senders = sizes.map((_, i) => network.node(`10.0.2.${i}`, { up: i === 0 ? MiB / 10 : MiB }))
        for (const [i, size] of sizes.entries()) yield* pour(senders[i]!, drain, size)
        yield* pass(30)
        // One cannot use its fifth; the others share what it leaves.
        isWithin(sources.get("10.0.2.0")!.received, 3 * MiB, 0.02, "the slow one")
        for (let i = 1; i < 5; i++) isWithin(sources.get(`10.0.2.${i}`)!.received, (27 * MiB) / 4, 0.02, `sender ${i}`)
      }),
  )

  it.effect("both directions of a line are its own", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork.make()
      const [a, b] = [
        network.node("10.0.0.1", { up: MiB, down: MiB }),
        network.node("10.0.0.2", { up: MiB, down: MiB }),
      ]
      const [atA, atB] = [yield* sink(a), yield* sink(b)]
      yield* pour(a, b)
      yield* pour(b, a)
      yield* pass(30)
      isWithin(atB.get("10.0.0.1")!.received, 30 * MiB, 0.02, "there")
      isWithin(atA.get("10.0.0.2")!.received, 30 * MiB, 0.02, "back")
      isWithin(a.sent(), 30 * MiB, 0.02, "sent")
      isWithin(a.received(), 30 * MiB, 0.02, "received")
    }),
  )

  it.effect("who does not read stops who writes; what is on its way is bounded", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork.make({ buffer: 100_000 })
      const [from, to] = [network.node("10.0.0.1", { delay: 50 }), network.node("10.0.0.2")]
      let reading = false
      let received = 0
      const context = yield* Layer.build(to.layer)
      yield* Effect.flatMap(Listener, ({ listen }) =>
        listen([1], ({ socket }) =>
          Effect.gen(function* () {
            const pull = yield* Socket.readerBytes(socket)
            yield* Effect.repeat(Effect.sleep(100), { until: () => reading })
            while (true) for (const chunk of yield* pull) received += chunk.length
          }).pipe(Effect.ignore),
        ),
      ).pipe(Effect.provide(context))
      const written = yield* pour(from, to, 30_000)
      yield* pass(60)
      assert.strictEqual(written.received, 90_000, "the fourth write waits")
      reading = true
      yield* pass(10)
      assert.isAbove(received, 1_000_000)
      assert.isAtMost(written.received - received, 100_000)
    }),
  )

  it.effect("a byte takes the delay of both lines, and a dial there and back", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork.make({ grain: 1 })
      const [from, to] = [network.node("10.0.0.1", { delay: 30 }), network.node("10.0.0.2", { delay: 12 })]
      const sources = yield* sink(to)
      yield* pour(from, to, 1000)
      yield* Effect.andThen(settle, TestClock.adjust(83))
      assert.strictEqual(sources.size, 0)
      yield* TestClock.adjust(1)
      yield* settle
      assert.strictEqual(sources.size, 1)
      yield* TestClock.adjust(41)
      assert.strictEqual(sources.get("10.0.0.1")!.received, 0)
      yield* TestClock.adjust(2)
      assert.isAbove(sources.get("10.0.0.1")!.received, 0)
    }),
  )

  it.effect("nobody at the port: refused; nobody at the address, behind NAT, or unplugged: no answer", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork.make()
      const caller = network.node("10.0.0.1")
      const [open, hidden] = [network.node("10.0.0.2"), network.node("10.0.0.3", { behindNat: true })]
      yield* sink(open)
      const reached = yield* sink(hidden)
      const dial = (address: ReturnType<MemoryNetwork.Node["at"]>) =>
        Effect.flatMap(Dialer, ({ dial }) => dial(address, errand)).pipe(
          Effect.flatMap((socket) => socket.reader),
          Effect.as("connected"),
          Effect.catch(({ reason }) => Effect.succeed(reason._tag)),
          Effect.timeoutOrElse({ duration: 60_000, orElse: () => Effect.succeed("no answer") }),
          Effect.scoped,
          Effect.provide(caller.layer),
        )
      const outcome = Effect.fnUntraced(function* (address: ReturnType<MemoryNetwork.Node["at"]>) {
        const fiber = yield* Effect.forkChild(dial(address))
        yield* pass(61)
        return yield* Fiber.join(fiber)
      })
      assert.strictEqual(yield* outcome(open.at(1)), "connected")
      assert.strictEqual(yield* outcome(open.at(2)), "SocketOpenError")
      assert.strictEqual(yield* outcome(hidden.at(1)), "no answer")
      assert.strictEqual(yield* outcome(network.node("10.0.0.4").at(1)), "SocketOpenError")
      yield* open.unplug
      assert.strictEqual(yield* outcome(open.at(1)), "no answer")
      yield* open.plugIn
      assert.strictEqual(yield* outcome(open.at(1)), "connected")
      yield* caller.unplug
      assert.strictEqual(yield* outcome(open.at(1)), "no answer")
      assert.strictEqual(reached.size, 0)
      // Behind NAT one can call.
      const target = network.node("10.0.0.6")
      const sources = yield* sink(target)
      yield* pour(hidden, target)
      yield* pass(1)
      assert.strictEqual(sources.size, 1)
    }),
  )

  it.effect("whoever is unplugged loses its connections, others keep theirs, and nothing is left", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork.make()
      const nodes = [1, 2, 3].map((i) => network.node(`10.0.0.${i}`, { up: MiB, down: MiB, delay: 5 }))
      const [a, b, c] = [nodes[0]!, nodes[1]!, nodes[2]!]
      for (const node of nodes) yield* sink(node)
      const scope = yield* Scope.make()
      yield* Scope.provide(pour(a, b), scope)
      yield* Scope.provide(pour(c, b), scope)
      yield* Scope.provide(pour(b, a), scope)
      yield* pass(2)
      assert.deepStrictEqual(
        [a, b, c].map((node) => node.connections()),
        [2, 3, 1],
      )
      yield* a.unplug
      yield* pass(1)
      assert.deepStrictEqual(
        [a, b, c].map((node) => node.connections()),
        [0, 1, 1],
      )
      const before = b.received()
      yield* pass(10)
      isWithin(b.received() - before, 10 * MiB, 0.02, "what is left has the whole line")
      yield* Scope.close(scope, Exit.void)
      yield* pass(1)
      assert.deepStrictEqual(
        [a, b, c].map((node) => node.connections()),
        [0, 0, 0],
      )
    }),
  )

  it.effect("what was lent is scribbled over with the next pull", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork.make()
      const [from, to] = [network.node("10.0.0.1"), network.node("10.0.0.2")]
      const lent: Array<Uint8Array> = []
      const context = yield* Layer.build(to.layer)
      yield* Effect.flatMap(Listener, ({ listen }) =>
        listen([1], ({ socket }) =>
          Effect.gen(function* () {
            const pull = yield* Socket.readerBytes(socket)
            yield* Effect.forever(Effect.map(pull, (chunks) => void lent.push(...chunks)))
          }).pipe(Effect.ignore),
        ),
      ).pipe(Effect.provide(context))
      yield* pour(from, to, 1000)
      yield* pass(1)
      assert.isAbove(lent.length, 10)
      assert.isTrue(lent[0]!.every((byte) => byte === 0xdb))
    }),
  )

  it.effect("an engine downloads from a scripted seeder at the rate of its line", () =>
    Effect.gen(function* () {
      const content = Content.make({ files: 8 * MiB, pieceLength: 65_536 })
      const network = yield* MemoryNetwork.make()
      const seeder = network.node("10.0.0.1", { up: MiB, delay: 20 })
      const leecher = network.node("10.0.0.2", { up: MiB / 4, delay: 20 })
      const context = yield* Layer.build(seeder.layer)
      const stage = { content, peerId: PeerId.make("0.0.0", new Uint8Array(12)) }
      yield* Effect.flatMap(Listener, ({ listen }) =>
        listen([6881], ({ socket }) => Effect.ignore(ScriptedPeer.play(socket, goodSteps, stage))),
      ).pipe(Effect.provide(context))
      const downloading = yield* download(content.torrent, {
        folder: "downloads",
        peers: [seeder.at(6881)],
        trackers: false,
        strategy: "race",
      }).pipe(
        Stream.runDrain,
        Effect.provide(Layer.mergeAll(leecher.layer, MemoryPieceStore.layer(), Layer.mock(Tracker, {}))),
        Effect.forkChild,
      )
      yield* pass(8)
      assert.isUndefined(downloading.pollUnsafe(), "faster than the line")
      yield* pass(2)
      assert.isTrue(Exit.isSuccess(downloading.pollUnsafe()!))
    }),
  )

  /** A chaos of transfers whose sizes and pauses are the nodes' own randomness; what happened when. */
  const chaos = Effect.fnUntraced(function* (seed: number) {
    const network = yield* MemoryNetwork.make({ seed })
    const log: Array<string> = []
    const clock = yield* Effect.clockWith(Effect.succeed)
    const nodes = Array.from({ length: 8 }, (_, i) =>
      network.node(`10.0.0.${i}`, { up: 50_000 * (i + 1), down: 90_000 * (i + 1), delay: 7 * i }),
    )
    for (const node of nodes) yield* sink(node)
    for (const [i, node] of nodes.entries()) {
      yield* Effect.gen(function* () {
        const { dial } = yield* Dialer
        while (true) {
          const target = yield* Random.nextIntBetween(0, 7)
          const bytes = yield* Random.nextIntBetween(1, 300_000)
          yield* Effect.gen(function* () {
            const socket = yield* dial(nodes[target]!.at(1), errand)
            yield* socket.reader
            yield* (yield* socket.writer).write(new Uint8Array(bytes))
          }).pipe(Effect.scoped, Effect.ignore)
          log.push(`${clock.currentTimeMillisUnsafe()} ${i} → ${target}: ${bytes}`)
        }
      }).pipe(Effect.provide(node.layer), Effect.forkScoped)
    }
    yield* pass(15)
    return [...log, ...nodes.map((node) => `${node.sent()} ${node.received()}`)]
  }, Effect.scoped)

  it.effect("the same seed brings the same, to the byte and the millisecond; another one does not", () =>
    Effect.gen(function* () {
      const [one, same, other] = [yield* chaos(1), yield* chaos(1), yield* chaos(2)]
      assert.isAbove(one.length, 100)
      assert.deepStrictEqual(relative(one), relative(same))
      assert.notDeepEqual(relative(one), relative(other))
    }),
  )
})

/** Times from the first entry on: the clock goes on between two runs. */
const relative = (log: ReadonlyArray<string>): ReadonlyArray<string> => {
  const start = Math.floor(Number(log[0]!.split(" ")[0]) / 15_000) * 15_000
  return log.map((line) => line.replace(/^(\d+)(?= \d+ →)/, (time) => String(Number(time) - start)))
}
