/** A port that nobody listens on, at one loopback address. */
import { Effect } from "effect"
import { createServer } from "node:net"

/** Asks the system for a free TCP port and gives it back at once: clients take a number, not a socket. */
export const freePort = (host: string) =>
  Effect.callback<number>((resume) => {
    const server = createServer()
    server.once("error", (cause) => resume(Effect.die(cause)))
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() =>
        resume(typeof address === "object" && address !== null ? Effect.succeed(address.port) : Effect.die("no port")),
      )
    })
  })
