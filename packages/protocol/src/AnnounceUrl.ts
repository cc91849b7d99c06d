/**
 * Where a tracker is: an announce URL, taken apart.
 *
 * Strict about the host, since addresses are checked by it: what is printed again cannot be read as another host by anyone. User names, which no
 * tracker needs and which hide hosts, are refused.
 */
import { Result } from "effect"
import { Host } from "effect/net"
import { hidden, type Manner, shownAs, withoutSecretsOf } from "./shownUrl.ts"
import * as Utf8 from "./Utf8.ts"

/** The parts of an announce URL that is one. */
export interface AnnounceUrl {
  readonly scheme: "http" | "https" | "udp"
  readonly host: Host.Host
  readonly port: number
  /** Begins with `/`, without the query. */
  readonly path: string
  /** Without `?`; empty where there is none. */
  readonly query: string
}

/** Takes an URL apart; a string says what is wrong with it. */
export const fromString = (text: string): Result.Result<AnnounceUrl, string> => {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/is.exec(text.trim())
  if (parts === null) return Result.fail("not an URL")
  const scheme = parts[1]!.toLowerCase()
  if (scheme !== "http" && scheme !== "https" && scheme !== "udp") return Result.fail(`${scheme} is not supported`)
  const authority = parts[2]!
  if (authority.includes("@")) return Result.fail("user names are not supported")
  // An interface of this machine (`fe80::1%eth0`) is none of a torrent's business, and no URL by its standard.
  if (authority.includes("%")) return Result.fail("no valid host and port")
  const hasPort = /:\d*$/.test(authority)
  if (!hasPort && scheme === "udp") return Result.fail("no port")
  const endpoint = Host.hostPortFromString(
    hasPort ? authority.replace(/:$/, `:${defaultPort[scheme]}`) : `${authority}:${defaultPort[scheme]}`,
  )
  if (Result.isFailure(endpoint) || endpoint.success.port === 0) return Result.fail("no valid host and port")
  return Result.succeed({
    scheme,
    host: endpoint.success.host,
    port: endpoint.success.port,
    path: escape(parts[3] ?? "/"),
    query: escape(parts[4] ?? ""),
  })
}

/** The URL that a redirect from here leads to; `location` may be relative. */
export const redirected = (from: AnnounceUrl, location: string): Result.Result<AnnounceUrl, string> => {
  const target = location.trim()
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return fromString(target)
  if (target.startsWith("//")) return fromString(`${from.scheme}:${target}`)
  const folder = from.path.slice(0, from.path.lastIndexOf("/") + 1)
  const path = target.startsWith("/") ? target : target.startsWith("?") ? `${from.path}${target}` : `${folder}${target}`
  return fromString(`${origin(from)}${path}`)
}

/** Scheme, host and port. */
export const origin = (self: AnnounceUrl): string => `${self.scheme}://${authority(self)}`

/** Host and port, the port left out where it is the usual one: what an HTTP request calls its `Host`. */
export const authority = (self: AnnounceUrl): string =>
  self.scheme !== "udp" && self.port === defaultPort[self.scheme]
    ? Host.formatHostPort(Host.hostPortUnsafe(self.host, self.port)).replace(/:\d+$/, "")
    : Host.formatHostPort(Host.hostPortUnsafe(self.host, self.port))

/** Path and query, with more members added to the query. */
export const target = (self: AnnounceUrl, ...members: ReadonlyArray<string>): string => {
  const query = [self.query, ...members].filter((member) => member !== "").join("&")
  return query === "" ? self.path : `${self.path}?${query}`
}

/**
 * An announce URL as it may be shown: scheme, host, port, and of the path what every tracker calls itself. All else may be a pass key, by which a private tracker knows its user: `…` stands for it. Of what is no URL
 * as much is shown.
 */
export const shown = (url: string): string => shownAs(manner, url)

/** What somebody says who was called at an announce URL, without what is not shown of it: trackers repeat the pass key that they refuse. */
export const without = (url: string, text: string): string => withoutSecretsOf(manner, url, text)

/** What nobody's pass key is. */
const wellKnown = /^(?:(?:announce|ann|scrape|tracker)(?:\.php)?|bt|a|v?\d)$/i

/** A list of what pass keys look like would miss one. */
const manner: Manner = {
  shown: (path) => {
    const segments = segmentsOf(path).map((segment) => (segment === "" || wellKnown.test(segment) ? segment : hidden))
    return segments.filter((segment, i) => segment !== hidden || segments[i - 1] !== hidden).join("/")
  },
  secrets: (path) => segmentsOf(path).filter((segment) => !wellKnown.test(segment)),
}

const segmentsOf = (path: string): ReadonlyArray<string> => path.split(/[/\\]/)

const defaultPort = { http: 80, https: 443, udp: 0 } as const

/** Percent-encodes what may not stand in an URL (RFC 3986), a percent sign that encodes nothing included; what is encoded already stays. */
const escape = (text: string): string =>
  text.replaceAll(/[^!#-;=?-[\]_a-z~]|%(?![\da-fA-F]{2})/gu, (character) =>
    Array.from(Utf8.fromText(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  )
