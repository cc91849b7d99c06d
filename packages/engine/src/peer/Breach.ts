/** A rule that a peer broke, for whoever knows the peer to say so. */
import type { ProtocolViolation } from "./errors.ts"

export interface Breach {
  readonly rule: ProtocolViolation["rule"]
  readonly detail: string
}
