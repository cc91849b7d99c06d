/** Which pieces are wanted at all. */
export interface Wishes {
  readonly wants: (piece: number) => boolean
}

/** Everything. */
export const all: Wishes = { wants: () => true }

/** Nothing: what is there is served. */
export const none: Wishes = { wants: () => false }
