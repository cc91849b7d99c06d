/** Why a tracker could not be called: what the system and TLS call it, in the words of the error catalogue. */
import { TrackerProblem } from "./TrackerFailed.ts"

/** The problem behind a failure of a socket or of an HTTP client. */
export const unreachable = (failure: unknown): TrackerProblem => {
  const root = rootOf(failure)
  const code = codeOf(root) ?? ""
  const certificate = certificates[code]
  if (certificate !== undefined)
    return TrackerProblem.make({ _tag: "CertificateRefused", reason: certificate, cause: root })
  // Node's parser of HTTP.
  if (code.startsWith("HPE_")) return TrackerProblem.make({ _tag: "BadAnswer", why: "not HTTP" })
  return TrackerProblem.make({ _tag: "Unreachable", reason: reasonOf(code, root), cause: root })
}

type Reason = Extract<TrackerProblem, { _tag: "Unreachable" }>["reason"]

const reasonOf = (code: string, cause: unknown): Reason => {
  // That the other side hung up has no number of the system's.
  if (code === "ECONNRESET") return hasErrno(cause) ? "reset" : "closed"
  return reasons[code] ?? (code.startsWith("ERR_SSL_") ? "no TLS" : "other")
}

const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: "refused",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "no route",
  EHOSTDOWN: "no route",
  ENETUNREACH: "no route",
  ENETDOWN: "no route",
  EADDRNOTAVAIL: "no route",
  // Linux, where a route of type "blackhole" leads.
  EINVAL: "no route",
  EACCES: "no route",
  EPERM: "no route",
  EPROTO: "no TLS",
  EMFILE: "no sockets left",
  ENFILE: "no sockets left",
  ENOBUFS: "no sockets left",
}

/** OpenSSL's names, and one of Node's. */
const certificates: Readonly<Record<string, Extract<TrackerProblem, { _tag: "CertificateRefused" }>["reason"]>> = {
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "not yet valid",
  CERT_REVOKED: "revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "unknown issuer",
  UNABLE_TO_GET_ISSUER_CERT: "unknown issuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown issuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown issuer",
  CERT_UNTRUSTED: "unknown issuer",
  ERR_TLS_CERT_ALTNAME_INVALID: "another host",
  HOSTNAME_MISMATCH: "another host",
  CERT_SIGNATURE_FAILURE: "not valid",
  CERT_CHAIN_TOO_LONG: "not valid",
  CERT_REJECTED: "not valid",
  ERROR_IN_CERT_NOT_BEFORE_FIELD: "not valid",
  ERROR_IN_CERT_NOT_AFTER_FIELD: "not valid",
  INVALID_CA: "not valid",
  INVALID_PURPOSE: "not valid",
  PATH_LENGTH_EXCEEDED: "not valid",
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: "not valid",
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: "not valid",
}

/** What an error wraps, to the bottom, or to where something has a code. */
const rootOf = (error: unknown): unknown => {
  let at = error
  for (let depth = 0; depth < 10 && codeOf(at) === undefined; depth++) {
    const below = wrapped(at)
    if (below === undefined) return at
    at = below
  }
  return at
}

const wrapped = (error: unknown): unknown => {
  if (typeof error !== "object" || error === null) return undefined
  if ("reason" in error && typeof error.reason === "object") return error.reason
  return "cause" in error ? error.cause : undefined
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined

const hasErrno = (error: unknown): boolean => typeof error === "object" && error !== null && "errno" in error
