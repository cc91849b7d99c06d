/**
 * What the user has chosen to see: in which order, and from which row on. A fold of keys.
 *
 * Invariant: the first row that is shown is one that there is when all that can be scrolled is scrolled.
 */
import type { Key } from "./keys.ts"

export interface Controls {
  /** The column by which rows are sorted, as a number of those that there are. */
  readonly sort: number
  readonly reversed: boolean
  /** The first row that is shown. */
  readonly top: number
}

/** What there is to be moved in. */
export interface Room {
  /** How many columns can be sorted by. */
  readonly sorts: number
  /** How many rows are shown at a time, and the last that can be the first of them. */
  readonly page: number
  readonly last: number
}

export const initial: Controls = { sort: 0, reversed: false, top: 0 }

export const press = (self: Controls, key: Key, { last, page, sorts }: Room): Controls => {
  const to = (row: number): Controls => ({ ...self, top: Math.max(0, Math.min(last, row)) })
  const by = (rows: number): Controls => to(Math.min(last, self.top) + rows)
  switch (key) {
    case "s":
      return { sort: (self.sort + 1) % sorts, reversed: false, top: 0 }
    case "S":
      return { sort: (self.sort + sorts - 1) % sorts, reversed: false, top: 0 }
    case "r":
      return { ...self, reversed: !self.reversed, top: 0 }
    case "up":
    case "k":
      return by(-1)
    case "down":
    case "j":
      return by(1)
    case "page up":
    case "b":
      return by(-page)
    case "page down":
    case " ":
      return by(page)
    case "home":
    case "g":
      return to(0)
    case "end":
    case "G":
      return to(last)
    default:
      return self
  }
}
