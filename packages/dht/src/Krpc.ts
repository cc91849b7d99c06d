/** The messages of the DHT (BEP 5, with 32, 33, 42, 43 and 51): `bytes ⇄ values`. */
export {
  type Answer,
  code,
  type Contact,
  type Fault,
  type Message,
  type Query,
  type Question,
  type Refusal,
  type Response,
} from "./KrpcMessage.ts"
export { contactsIn, maxPacket, maxToken, maxTransaction, parse } from "./parseKrpc.ts"
export { compact, print } from "./printKrpc.ts"
