/** Message Stream Encryption: the handshake from both sides, and the cipher behind it. Driven by whoever reads and writes. */
export * as DiffieHellman from "./DiffieHellman.ts"
export {
  type Agreed,
  constantLength,
  type Failure,
  longestPad,
  type Method,
  mostHeld,
  nameOf,
  type Step,
} from "./EncryptedHandshake.ts"
export { Initiator, type InitiatorOptions } from "./Initiator.ts"
export * as Rc4 from "./Rc4.ts"
export { Responder, type ResponderOptions } from "./Responder.ts"
