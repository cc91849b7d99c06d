/** The address of a `.torrent` file on the web: who one is there, and how it is shown. */
import { percentDecoded } from "./percentDecoded.ts"
import { hidden, type Manner, shownAs, withoutSecretsOf } from "./shownUrl.ts"

/**
 * Scheme, host, port, and what the file is called where it is called a torrent. All else may be a pass key: sites that want to know who fetches from them put one anywhere (`/rss/download/KEY/name.torrent`). `…` stands for
 * it, and for what is long in the name and no word.
 */
export const shown = (url: string): string => shownAs(manner, url)

/** What a server, or a client, says of such an address, without what is not shown of it. */
export const without = (url: string, text: string): string => withoutSecretsOf(manner, url, text)

/** An address without the user name and password before its host, and these by themselves: some clients refuse to call it as it is, others do not say who we are. */
export const withoutUser = (
  url: string,
): { readonly url: string; readonly user?: { readonly name: string; readonly password: string } } => {
  const [, scheme = "", user = ""] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#\\]*)@/i.exec(url) ?? []
  if (user === "") return { url }
  const [name = "", ...password] = user.split(":")
  return {
    url: scheme + url.slice(scheme.length + user.length + 1),
    user: { name: percentDecoded(name), password: percentDecoded(password.join(":")) },
  }
}

/** As keys are written: many letters and digits in a row. */
const keys = /(?=[a-z]*\d)[a-z\d]{20,}/gi

const named = /\.torrent$/i

const segmentsOf = (path: string): readonly [folders: ReadonlyArray<string>, name: string] => {
  const segments = path.split(/[/\\]/)
  const last = segments.at(-1)!
  return named.test(last) ? [segments.slice(0, -1), last] : [segments, ""]
}

const manner: Manner = {
  shown: (path) => {
    const [folders, name] = segmentsOf(path)
    const shownName = name.replaceAll(keys, hidden)
    if (folders.every((folder) => folder === "")) return `${path.startsWith("/") ? "/" : ""}${shownName}`
    return name === "" ? `/${hidden}` : `/${hidden}/${shownName}`
  },
  secrets: (path) => {
    const [folders, name] = segmentsOf(path)
    return [...folders, ...(name.match(keys) ?? [])]
  },
}
