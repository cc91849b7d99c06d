import { sep } from "node:path"

/** The same place; a name that ended like a folder's still does. */
export const endedLike = (typed: string, path: string): string =>
  typed.endsWith(sep) && !path.endsWith(sep) ? path + sep : path
