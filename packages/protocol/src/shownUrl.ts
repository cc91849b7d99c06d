/**
 * An URL as it may be shown, and what somebody says who was called at it: neither with a secret of the user's that may be in the URL.
 *
 * User name, password and query are never shown, and nothing behind `#`. What of a path is one depends on what the URL is of: `Manner` says it.
 */
import { percentDecoded } from "./percentDecoded.ts"

/** Stands for what is not shown. */
export const hidden = "…"

/** What in the path of an URL may be a secret. */
export interface Manner {
  /** The path as it may be shown. */
  readonly shown: (path: string) => string
  /** Those parts of it that are not shown. */
  readonly secrets: (path: string) => ReadonlyArray<string>
}

/** Scheme, host, port, and what may be shown of the path; of what is no URL as much. */
export const shownAs = (manner: Manner, url: string): string => {
  const [, scheme = "", authority = "", path = "", query = ""] = parts(url)
  return `${scheme}${hostIn(authority)}${manner.shown(path)}${query === "" ? "" : `?${hidden}`}`
}

/** What somebody says, without what is not shown of the URL that it was called at: they repeat the pass key that they refuse. */
export const withoutSecretsOf = (manner: Manner, url: string, text: string): string => {
  const [, , authority = "", path = "", query = ""] = parts(url)
  const values = query.split("&").map((member) => member.slice(member.indexOf("=") + 1))
  const user = authority.includes("@") ? authority.slice(0, authority.lastIndexOf("@")).split(":") : []
  const secrets = [...manner.secrets(path), ...values, ...user]
    .flatMap((secret) => [secret, percentDecoded(secret)])
    .filter((secret) => secret.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
  // Some repeat it in the other case.
  return secrets.reduce((shorter, secret) => shorter.replaceAll(new RegExp(escaped(secret), "gi"), hidden), text)
}

/** As it stands, in a regular expression. */
const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** What is shorter is guessed sooner than read, and would be found in any sentence. */
const shortestSecret = 5

/** Without user name and password. */
const hostIn = (authority: string): string => {
  const host = authority.replace(/^.*@/s, "")
  return /^(?:\[[^\]]*\]|[^:]*)(?::\d{0,5})?$/.test(host) ? host : hidden
}

/** Scheme with its slashes, host and port, path, query. */
const parts = (url: string): ReadonlyArray<string | undefined> =>
  /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#\\]*)([^?#]*)(?:\?([^#]*))?/is.exec(url.trim()) ?? []
