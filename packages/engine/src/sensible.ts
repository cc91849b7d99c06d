/**
 * What an option may be: the one place that says so, for a program and for each of its torrents.
 *
 * Durations are what they are everywhere in Effect: one below zero is zero.
 */
import { Effect } from "effect"
import { InvalidOption } from "./InvalidOption.ts"
import type { DownloadOptions, SeedGoal } from "./swarm/DownloadOptions.ts"

/** Those that can be wrong. */
export type Given = Partial<Pick<DownloadOptions, "downloadLimit" | "links" | "maxPeers" | "seed" | "uploadLimit">> &
  Pick<SeedGoal, "ratio"> & { readonly port?: number | undefined }

interface Rule {
  readonly holds: (value: number) => boolean
  readonly expected: string
}

const number = (from: number): Rule => ({ holds: (value) => value >= from, expected: `a number from ${from} on` })
const whole = (from: number, to = Number.MAX_SAFE_INTEGER): Rule => ({
  holds: (value) => Number.isSafeInteger(value) && value >= from && value <= to,
  expected: `a whole number ${to === Number.MAX_SAFE_INTEGER ? `from ${from} on` : `from ${from} to ${to}`}`,
})

const rules: Readonly<Record<keyof Omit<Given, "seed">, Rule>> = {
  // Where nothing is received, nothing ever ends; who sends nothing only takes.
  downloadLimit: number(1),
  uploadLimit: number(0),
  maxPeers: whole(1),
  links: whole(1),
  ratio: number(0),
  port: whole(0, 65_535),
}

/** Fails with the first that makes no sense. What is not given is as is usual. */
export const sensible = (given: Given): Effect.Effect<void, InvalidOption> =>
  Effect.suspend(() => {
    const values = { ...given, ratio: given.seed?.ratio ?? given.ratio }
    for (const [option, rule] of Object.entries(rules)) {
      const value = values[option as keyof typeof rules]
      if (value !== undefined && !rule.holds(value)) return refused(option, value, rule.expected)
    }
    return Effect.void
  })

/** Fails unless each is the place of a file in a list of so many. */
export const sensiblePlaces = (places: ReadonlyArray<number>, files: number): Effect.Effect<void, InvalidOption> => {
  const rule = whole(0, files - 1)
  const wrong = places.find((place) => !rule.holds(place))
  return wrong === undefined
    ? Effect.void
    : refused("files", wrong, `places in the torrent's list, each ${rule.expected}`)
}

const refused = (option: string, given: number, expected: string) =>
  Effect.fail(new InvalidOption({ option, given: String(given), expected }))
