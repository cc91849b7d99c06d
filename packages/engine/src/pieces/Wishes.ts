/** Which pieces are wanted at all. */
export interface Wishes {
  /** Whether it is to be fetched. */
  readonly wants: (piece: number) => boolean
  /** Whether what is said of the whole (what is left, how much is here, copies) is about it too. */
  readonly counts: (piece: number) => boolean
}

const always = () => true

/** Everything. */
export const all: Wishes = { wants: always, counts: always }

/** The pieces of a choice. */
export const only = (isChosen: (piece: number) => boolean): Wishes => ({ wants: isChosen, counts: isChosen })

/** Nothing: what is there of these pieces is served. */
export const served = ({ counts }: Wishes): Wishes => ({ wants: () => false, counts })
