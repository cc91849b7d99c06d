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

/**
 * What somebody says, without what is not shown of the URL that it was called at: they repeat the pass key that they refuse, in the other case too, and shortened: `unknown key 0123456789ab...`. So no `longestPart` characters in
 * a row are left that are in it. Takes as long as both are.
 */
export const withoutSecretsOf = (manner: Manner, url: string, text: string): string => {
  const [, , authority = "", path = "", query = ""] = parts(url)
  const values = query.split("&").map((member) => member.slice(member.indexOf("=") + 1))
  const user = authority.includes("@") ? authority.slice(0, authority.lastIndexOf("@")).split(":") : []
  const secrets = [...manner.secrets(path), ...values, ...user].flatMap((secret) => [secret, percentDecoded(secret)])
  return withoutParts(text, partsOf(secrets))
}

/** What is shorter is guessed sooner than read, and would be found in any sentence. */
const shortestSecret = 5

/** So many characters of a secret say nothing of the others, and are in no sentence by chance. */
const longestPart = 8

/** What is beyond this of one secret is not looked for: nobody repeats so much. */
const longestSecret = 4096

/** What may not be said: of each secret all parts of that length, or all of it where it is shorter. By their lengths, the longest first. */
const partsOf = (secrets: ReadonlyArray<string>): ReadonlyMap<number, ReadonlySet<string>> => {
  const found = new Map<number, Set<string>>()
  for (let length = longestPart; length >= shortestSecret; length--) found.set(length, new Set())
  for (const secret of secrets) {
    const text = inOneCase(secret.slice(0, longestSecret))
    const length = Math.min(text.length, longestPart)
    for (let at = 0; at + length <= text.length; at++) found.get(length)?.add(text.slice(at, at + length))
  }
  return found
}

const withoutParts = (text: string, found: ReadonlyMap<number, ReadonlySet<string>>): string => {
  const said = inOneCase(text)
  let left = ""
  /** What comes before is in `left`, and what was found ends there. */
  let done = 0
  let end = 0
  for (let at = 0; at < text.length; at++) {
    for (const [length, parts] of found) {
      if (parts.size === 0 || !parts.has(said.slice(at, at + length))) continue
      if (at > end || end === 0) {
        left += text.slice(done, at) + hidden
      }
      end = Math.max(end, at + length)
      done = end
      break
    }
  }
  return left + text.slice(done)
}

/** Keys are letters of ASCII; others keep their length like this. */
const inOneCase = (text: string): string => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** Without user name and password. */
const hostIn = (authority: string): string => {
  const host = authority.replace(/^.*@/s, "")
  return /^(?:\[[^\]]*\]|[^:]*)(?::\d{0,5})?$/.test(host) ? host : hidden
}

/** Scheme with its slashes, host and port, path, query. */
const parts = (url: string): ReadonlyArray<string | undefined> =>
  /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#\\]*)([^?#]*)(?:\?([^#]*))?/is.exec(url.trim()) ?? []
