/** Waits until somebody listens at an address. */
import { Effect } from "effect"
import { connect } from "node:net"

export const listens = ({ address, port }: { readonly address: string; readonly port: number }) =>
  Effect.callback<boolean>((resume) => {
    const socket = connect(port, address, () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: (found) => found }),
    Effect.timeout("60 seconds"),
    Effect.orDie,
  )
