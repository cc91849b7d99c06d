/** Addresses on the web and magnet links are no paths: they stay as they were typed. */
import { MagnetLink, WebSeedUrl } from "@unchoke/protocol"
import { Effect, Layer, Path } from "effect"
import { endedLike } from "./endedLike.ts"

export const isWebAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)

/** Whether it is anything else than a path. */
export const isNoPath = (text: string): boolean => isWebAddress(text) || MagnetLink.isMeant(text)

/** What somebody gave for a torrent, as it may be shown: private trackers give out torrents at addresses that have a pass key in them. */
export const shownAddress = (text: string): string => (isWebAddress(text) ? WebSeedUrl.shown(text) : text)

/** The same in a command that is advised: of a link all that may be shown, for with public trackers it can be used as it is. */
export const advisedSource = (text: string): string =>
  MagnetLink.isMeant(text) ? MagnetLink.shown(text) : shownAddress(text)

/** The paths of this machine, but what is no path stays as it is; a name that ends like a folder's still does. */
export const onlyPathsAreResolved = Layer.effect(
  Path.Path,
  Effect.map(Path.Path, (path) => ({
    ...path,
    resolve: (...segments: ReadonlyArray<string>) => {
      const last = segments.at(-1)
      return last !== undefined && isNoPath(last) ? last : endedLike(last ?? "", path.resolve(...segments))
    },
  })),
)
