/** Addresses on the web are no paths: who gives one where a file should be is told so, in the very words that were typed. */
import { Effect, Layer, Path } from "effect"

export const isWebAddress = (text: string): boolean => /^(https?|ftp):\/\//i.test(text)

/** The paths of this machine, but an address on the web stays as it is. */
export const webAddressesStay = Layer.effect(
  Path.Path,
  Effect.map(Path.Path, (path) => ({
    ...path,
    resolve: (...segments: ReadonlyArray<string>) => {
      const last = segments.at(-1)
      return last !== undefined && isWebAddress(last) ? last : path.resolve(...segments)
    },
  })),
)
