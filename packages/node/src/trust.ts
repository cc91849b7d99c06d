/** Which certificates are taken: those that Node vouches for, and, where it does not know who signed one, those that the system vouches for. */
import * as Tls from "node:tls"

/** OpenSSL does not know who signed it. */
export const isUntrusted = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && unknownIssuer.has(cause.code)

/**
 * What trusts the authorities that Node knows, those of NODE_EXTRA_CA_CERTS among them, and the system's. These take Node a twentieth of a second to read, and hold up everything meanwhile: only where its own do not
 * suffice. Throws when the system's store cannot be read.
 */
export const trustingSystem = (): Tls.SecureContext => (context ??= Tls.createSecureContext({ ca: trusted() }))

let context: Tls.SecureContext | undefined

const trusted = (): Array<string> => [
  ...new Set([...Tls.getCACertificates("default"), ...Tls.getCACertificates("system")]),
]

const unknownIssuer: ReadonlySet<unknown> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
])
