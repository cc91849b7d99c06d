/** Why there is no encrypted handshake: as the cause of a socket's error. */
import type { Encryption } from "@unchoke/protocol"

/** Whom we speak to does not speak so, or not about the same torrent. */
export class NotEncrypted extends Error {
  readonly reason: Encryption.Failure

  constructor(reason: Encryption.Failure) {
    super(`no encrypted handshake: ${reason}`)
    this.reason = reason
  }
}
