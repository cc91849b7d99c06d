/** Effect's own TCP socket passes the suite too: it is the reference that keeps the suite honest. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { socketCompliance } from "./socket.ts"
import { tcpAdapter } from "./tcp.ts"

socketCompliance("NodeSocket.makeNet", tcpAdapter(NodeSocket.makeNet, { failsLateWrites: false }))
