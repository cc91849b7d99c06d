import { edits } from "../edits.ts"

/** The name that was probably meant. */
export const nearest = (typed: string, names: ReadonlyArray<string>): string | undefined => {
  const ranked = names
    .map((name) => ({ name, distance: edits(typed, name) }))
    .filter(({ distance, name }) => distance <= Math.max(1, Math.floor(name.length / 3)))
  return ranked.toSorted((a, b) => a.distance - b.distance)[0]?.name
}
