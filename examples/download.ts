/**
 * Download a torrent as a service: progress as it comes, every failure by its type, and cancellation after a minute. What was fetched is kept: run it again
 * and it goes on.
 *
 *     node examples/download.ts ubuntu.torrent ~/Downloads [127.0.0.1:6881 …]
 */
import { Console, Effect, Stream } from "effect"
import { NetAddress } from "effect/net"
import { NodeUnchoke, Torrent, Unchoke } from "unchoke"

const [file = "", folder = ".", ...peers] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const unchoke = yield* Unchoke
  const torrent = yield* Torrent.fromFile(file)

  yield* unchoke.download(torrent, { folder, peers: peers.map(NetAddress.inetAddressFromStringUnsafe) }).pipe(
    Stream.runForEach((event) => {
      switch (event._tag) {
        case "Joined":
          return Console.log(`from ${event.seen.client ?? "an unknown client"}`)
        case "PieceStored":
          return Console.log(`${event.stored} of ${event.pieces} pieces`)
        case "Left":
          return Console.log(`lost: ${event.error.message}`)
        case "Done":
          return Console.log(`done: ${event.bytes} bytes`)
        default:
          return Effect.void
      }
    }),
    // Interrupting the stream is all it takes to stop: sockets and files are closed, the next run resumes.
    Effect.timeout("1 minute"),
  )
}).pipe(
  Effect.catchTags({
    InvalidTorrent: (error) => Console.log(`not a torrent we can download: ${error.message}`),
    UnsupportedTorrent: (error) => Console.log(`not a torrent we can download yet: ${error.message}`),
    PlatformError: (error) => Console.log(`cannot read it: ${error.message}`),
    NoPeers: (error) => Console.log(`nobody to ask: ${error.message}`),
    NoSuitablePeer: (error) =>
      Effect.forEach(error.rejections, (rejection) => Console.log(`${rejection._tag}: ${rejection.message}`)),
    StorageError: (error) => Console.log(`the disk refused: ${error.path}, ${error.reason}`),
    TimeoutError: () => Console.log("not done in a minute; what was fetched is kept"),
  }),
  Effect.provide(NodeUnchoke.layer),
)

await Effect.runPromise(program)
