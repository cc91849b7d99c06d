/** Everything that reads bytes from outside. */
import { announceQuery } from "./announce-query.ts"
import { announceUrl } from "./announce-url.ts"
import { bencode } from "./bencode.ts"
import { encryptedHandshake } from "./encrypted-handshake.ts"
import { extendedHandshake } from "./extended-handshake.ts"
import { handshake } from "./handshake.ts"
import { krpc } from "./krpc.ts"
import { httpResponse } from "./http-response.ts"
import { localAddress } from "./local-address.ts"
import { localDiscovery } from "./local-discovery.ts"
import { metainfo } from "./metainfo.ts"
import { orders } from "./orders.ts"
import { peerExchange } from "./peer-exchange.ts"
import { peerMessages } from "./peer-messages.ts"
import { peerState } from "./peer-state.ts"
import type { Target } from "./Target.ts"
import { text } from "./text.ts"
import { trackerReply } from "./tracker-reply.ts"
import { udpTracker } from "./udp-tracker.ts"
import { webSeeds } from "./web-seeds.ts"
import { wire } from "./wire.ts"

export const targets: ReadonlyArray<Target> = [
  bencode,
  metainfo,
  text,
  handshake,
  encryptedHandshake,
  peerMessages,
  wire,
  peerState,
  orders,
  extendedHandshake,
  peerExchange,
  localDiscovery,
  trackerReply,
  udpTracker,
  announceQuery,
  announceUrl,
  localAddress,
  krpc,
  webSeeds,
  httpResponse,
]
