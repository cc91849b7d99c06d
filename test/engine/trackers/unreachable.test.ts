import { expect, it } from "@effect/vitest"
import { DatagramSocket } from "effect/socket"
import { trackerProblemInWords } from "@unchoke/engine"
import { unreachable } from "../../../packages/engine/src/sources/trackers/unreachable.ts"

const coded = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

it.each([
  [coded("ECONNREFUSED", { errno: -111 }), "nobody listens there: the connection was refused"],
  [coded("ECONNRESET", { errno: -104 }), "it reset the connection"],
  [coded("ECONNRESET"), "it closed the connection before its answer was complete"],
  [coded("ENETUNREACH", { errno: -101 }), "there is no way to it from here"],
  [coded("ETIMEDOUT", { errno: -110 }), "the connection timed out"],
  [coded("EPROTO", { errno: -71 }), "it does not speak TLS as we do"],
  [coded("ERR_SSL_WRONG_VERSION_NUMBER"), "it does not speak TLS as we do"],
  [coded("CERT_HAS_EXPIRED"), "its certificate is not trusted: it has expired"],
  [coded("DEPTH_ZERO_SELF_SIGNED_CERT"), "its certificate is not trusted: nobody but itself has signed it"],
  [coded("ERR_TLS_CERT_ALTNAME_INVALID"), "its certificate is not trusted: it is another host's"],
  [coded("HPE_INVALID_CONSTANT"), "answered nonsense: not HTTP"],
  [coded("EWHATEVER"), "cannot be reached: the system said EWHATEVER"],
  [new Error("who knows"), "cannot be reached"],
  [undefined, "cannot be reached"],
] as const)("%s", (cause, words) => {
  for (const failure of [cause, { reason: { cause } }, { cause: { cause } }]) {
    expect(trackerProblemInWords(unreachable(failure))).toBe(words)
  }
})

it("the failure of a datagram socket", () => {
  const failure = new DatagramSocket.DatagramSocketError({
    reason: new DatagramSocket.DatagramSocketReadError({ kind: "ConnectionRefused", cause: coded("ECONNREFUSED") }),
  })
  expect(unreachable(failure)).toMatchObject({ _tag: "Unreachable", reason: "refused" })
})

it("a cause that leads back to itself", () => {
  const circle: { cause?: unknown } = {}
  circle.cause = circle
  expect(unreachable(circle)).toMatchObject({ _tag: "Unreachable", reason: "other" })
})

it.each(["Temporary", "Timeout", "ServerFailure", "Refused", "Unknown"])("a look-up that failed: %s", (reason) => {
  const words = trackerProblemInWords({ _tag: "LookupFailed", host: "tracker.example", reason })
  expect(words).toMatch(/^the name tracker\.example could not be looked up: .*(name server|resolver)/)
})
