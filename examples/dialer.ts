/**
 * Bring your own network: a `Dialer` that counts bytes, around the one that Node brings. The same way leads through a proxy, a VPN's interface, or a test's memory.
 *
 *     node examples/dialer.ts ubuntu.torrent ~/Downloads 127.0.0.1:6881
 */
import { NodeDialer } from "@unchoke/node"
import { Console, Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { Dialer, NodeUnchoke, Torrent, Unchoke } from "unchoke"

const [file = "", folder = ".", ...peers] = process.argv.slice(2)

let received = 0

const CountingDialer = Layer.effect(
  Dialer,
  Effect.map(Dialer, ({ dial }) => ({
    dial: (peer, errand) =>
      Effect.map(dial(peer, errand), (socket) =>
        Socket.make({
          writer: socket.writer,
          reader: Effect.map(socket.reader, (reader) => ({
            ...reader,
            pull: Effect.tap(reader.pull, (chunks) =>
              Effect.sync(() => {
                for (const chunk of chunks) received += chunk.length
              }),
            ),
          })),
        }),
      ),
  })),
)

const program = Effect.gen(function* () {
  const unchoke = yield* Unchoke
  const torrent = yield* Torrent.fromFile(file)
  yield* Stream.runDrain(
    unchoke.download(torrent, { folder, peers: peers.map(NetAddress.inetAddressFromStringUnsafe), trackers: false }),
  )
  yield* Console.log(`${received} bytes on the wire for a file of ${torrent.geometry.length}`)
})

await Effect.runPromise(Effect.provide(program, NodeUnchoke.layerOver(Layer.provide(CountingDialer, NodeDialer.layer))))
