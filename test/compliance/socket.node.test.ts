/** Our own TCP socket, through the port that the engine sees. */
import { NodeDialer } from "@unchoke/node"
import { errand } from "@unchoke/testkit"
import { Effect } from "effect"
import { NetAddress } from "effect/net"
import { Dialer } from "@unchoke/engine"
import { socketCompliance } from "./socket.ts"
import { tcpAdapter } from "./tcp.ts"

const adapter = tcpAdapter(
  ({ host, port }) =>
    Effect.flatMap(Dialer, ({ dial }) => dial(NetAddress.inetAddressFromIpStringUnsafe(host, port), errand)).pipe(
      Effect.provide(NodeDialer.layer),
    ),
  { failsLateWrites: true },
)

socketCompliance("NodeDialer", adapter)
