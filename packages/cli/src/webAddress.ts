/** Addresses on the web and magnet links are no paths: they stay as they were typed. */
import { MagnetLink, WebSeedUrl } from "@unchoke/protocol"
import { Effect, Layer, Path } from "effect"

export const isWebAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** Whether it is anything else than a path. */
export const isNoPath = (text: string): boolean => isWebAddress(text) || MagnetLink.isMeant(text)

/** What a torrent was named by, as it may be shown. */
export const shownSource = (text: string): string =>
  MagnetLink.isMeant(text) ? MagnetLink.shown(text) : shownAddress(text)

/** An address as it may be shown: private trackers give out torrents at addresses that have a pass key in them, as a part of the path that is long and no word, or as a member of the query. */
export const shownAddress = (url: string): string => {
  const [, origin = "", path = "", query = ""] =
    /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)([^?#]*)(?:\?([^#]*))?/is.exec(url) ?? []
  if (origin === "") return url
  const shownPath = path.replaceAll(/(?=[a-z]*\d)[a-z\d]{20,}/gi, "…")
  return `${WebSeedUrl.shown(origin)}${shownPath}${query === "" ? "" : "?…"}`
}

/** The paths of this machine, but what is no path stays as it is. */
export const onlyPathsAreResolved = Layer.effect(
  Path.Path,
  Effect.map(Path.Path, (path) => ({
    ...path,
    resolve: (...segments: ReadonlyArray<string>) => {
      const last = segments.at(-1)
      return last !== undefined && isNoPath(last) ? last : path.resolve(...segments)
    },
  })),
)
