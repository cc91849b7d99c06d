/** An HTTP tracker that answers every announce with one list, in its order: whoever asks is told the same. */
import { Effect } from "effect"
import { createServer } from "node:http"
import { Bencode } from "@unchoke/protocol"
import type { Peer } from "./Swarm.ts"

type Named = ReadonlyArray<Pick<Peer, "address" | "port">>

export interface Tracker {
  /** Its announce URL. The path is `/announce`: clients call no other on a private address. */
  readonly url: string
  /** From now on it answers with this list. */
  readonly list: (swarm: Named) => void
}

/** Listens until the scope closes. */
export const start = (address: string, port: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly tracker: Tracker; readonly close: () => void }>((resume) => {
      let answer = reply([])
      const server = createServer((_, response) => {
        response.writeHead(200, { "content-type": "text/plain", "content-length": answer.length, connection: "close" })
        response.end(answer)
      })
      server.once("error", (cause) => resume(Effect.die(cause)))
      server.listen(port, address, () => {
        const list = (swarm: Named) => void (answer = reply(swarm))
        const close = () => void (server.close(), server.closeAllConnections())
        resume(Effect.succeed({ tracker: { url: `http://${address}:${port}/announce`, list }, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  ).pipe(Effect.map(({ tracker }) => tracker))

/** BEP 23. */
const reply = (swarm: Named): Uint8Array =>
  Bencode.encode({
    complete: swarm.length,
    incomplete: 0,
    interval: 1800,
    peers: Uint8Array.from(
      swarm.flatMap(({ address, port }) => [...address.split(".").map(Number), port >> 8, port & 0xff]),
    ),
  })
