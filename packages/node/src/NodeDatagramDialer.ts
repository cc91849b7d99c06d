/** Datagrams over Node's UDP sockets. */
import * as NodeDatagramSocket from "@effect/platform-node/NodeDatagramSocket"
import { Deferred, Effect, Layer } from "effect"
import { DatagramSocket } from "effect/socket"
import { DatagramDialer } from "@unchoke/engine"

/** How many packets may wait to be read: a tracker answers each question once. */
const receiveBuffer = { capacity: 16 }

/** The `DatagramDialer` of this machine. */
export const layer: Layer.Layer<DatagramDialer> = Layer.succeed(DatagramDialer)({
  dial: Effect.fnUntraced(function* (address) {
    // That nobody is there is told by an ICMP packet, which belongs to no read or write: without this, we would wait for nobody.
    const gone = yield* Deferred.make<never, DatagramSocket.DatagramSocketError>()
    const socket = yield* NodeDatagramSocket.make({
      connect: address,
      receiveBuffer,
      onError: (error) => Deferred.doneUnsafe(gone, Effect.fail(error)),
    })
    return DatagramSocket.make({
      writer: socket.writer,
      reader: Effect.map(socket.reader, (reader) => ({
        pull: Effect.raceFirst(reader.pull, Deferred.await(gone)),
        address: reader.address,
        dropped: reader.dropped,
        joinMulticast: reader.joinMulticast,
      })),
    })
  }),
})
