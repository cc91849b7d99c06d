/**
 * Only ask who would give us the file: no download, no disk.
 *
 *     node examples/probe.ts ubuntu.torrent [127.0.0.1:6881 …]
 */
import { Console, Effect, Stream } from "effect"
import { NetAddress } from "effect/net"
import { NodeUnchoke, Torrent, Unchoke, verdictInWords } from "unchoke"

const [file = "", ...peers] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const unchoke = yield* Unchoke
  const torrent = yield* Torrent.fromFile(file)

  yield* unchoke
    .survey(torrent, {
      peers: peers.map(NetAddress.inetAddressFromStringUnsafe),
      deadlines: { unchoke: "2 seconds" },
    })
    .pipe(
      Stream.runForEach((event) => {
        switch (event._tag) {
          case "Passed":
            return Console.log(`${NetAddress.formatInet(event.peer)} would give us the file`)
          case "Rejected":
            return Console.log(`${NetAddress.formatInet(event.peer)} ${verdictInWords(event.error)}`)
          default:
            return Effect.void
        }
      }),
    )
}).pipe(
  Effect.catchTag("NoPeers", (error) => Console.log(error.message)),
  Effect.provide(NodeUnchoke.layer),
)

await Effect.runPromise(program)
