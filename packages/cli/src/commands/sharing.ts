/** Flags about what is given and taken, to how many, and until when. */
import { type Duration, Option } from "effect"
import { Flag } from "effect/cli"
import type { Encryption, SeedGoal, SessionOptions } from "@unchoke/engine"
import { portFlag } from "./portFlag.ts"
import { bytesFromText, durationFromText, longestSeeding, ratioFromText, wholeFromText } from "./quantities.ts"

const uploadLimit = Flag.String("upload-limit").pipe(
  Flag.withMetavar("bytes"),
  Flag.withDescription(
    "How much a second is given at most, such as 500KiB; 0 gives nobody anything (default: no limit)",
  ),
  Flag.filterMap(bytesFromText, () => "bytes a second, such as 500KiB or 2MB, or 0 to give nothing"),
  Flag.optional,
)

const downloadLimit = Flag.String("download-limit").pipe(
  Flag.withMetavar("bytes"),
  Flag.withDescription("How much a second is fetched at most, such as 10MiB (default: no limit)"),
  Flag.filterMap(
    (text) => Option.filter(bytesFromText(text), (bytes) => bytes > 0),
    () => "bytes a second, more than 0, such as 10MiB or 2MB",
  ),
  Flag.optional,
)

/** Far beyond what a swarm needs, and below what a process may have open as a rule. */
const mostPeers = 1000

const maxPeers = Flag.String("max-peers").pipe(
  Flag.withMetavar(`1..${mostPeers}`),
  Flag.withDescription("How many peers to be connected to at once (default: 80)"),
  Flag.filterMap(wholeFromText(1, mostPeers), () => `a whole number from 1 to ${mostPeers}, such as 30`),
  Flag.optional,
)

const port = portFlag(
  "port",
  51_413,
  "The port at which peers can call us; 0 is any that is free (default: the first free one of 6881 to 6889)",
).pipe(Flag.optional)

/** Whether connections are encrypted. */
export const encryption = Flag.Literals("encryption", ["prefer", "require", "off"]).pipe(
  Flag.withMetavar("prefer|require|off"),
  Flag.withDescription(
    "Encrypt connections with peers that want nothing else; with everybody, and hang up on those who don't; or never (default: prefer)",
  ),
  Flag.optional,
)

/** What is shared with whom, and how fast. */
export const limits = { uploadLimit, downloadLimit, maxPeers, port }

/** Of a seed, which fetches nothing. */
export const seedLimits = { uploadLimit, maxPeers, port }

const ratio = (implied: string) =>
  Flag.String("ratio").pipe(
    Flag.withMetavar("times"),
    Flag.withDescription(`Seed until so many times the torrent's size were given, such as 1.5${implied}`),
    Flag.filterMap(ratioFromText, () => "a number above 0, such as 1.5"),
    Flag.optional,
  )

const seedTime = (implied: string) =>
  Flag.String("seed-time").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription(`Seed for so long, such as 2h${implied}`),
    Flag.filterMap(
      (text) => durationFromText(text, longestSeeding),
      () => "a duration of at most 365 days, such as 30m, 2h or 1d12h",
    ),
    Flag.optional,
  )

/** When seeding ends; `implied` is what else these flags mean. */
export const goals = (implied = "") => ({ ratio: ratio(implied), seedTime: seedTime(implied) })

interface Goals {
  readonly ratio: Option.Option<number>
  readonly seedTime: Option.Option<Duration.Duration>
}

/** The goal that these flags are; without any, nothing but an interruption ends it. */
export const seedGoalOf = ({ ratio, seedTime }: Goals): SeedGoal => ({
  ...(Option.isSome(ratio) && { ratio: ratio.value }),
  ...(Option.isSome(seedTime) && { time: seedTime.value }),
})

/** What the program's torrents share, by these flags: those that were given. */
export const sessionOptionsOf = (
  flags: {
    readonly [Limit in keyof typeof limits]?: Option.Option<number>
  } & {
    readonly encryption?: Option.Option<Encryption.Policy>
  },
): SessionOptions => {
  const { downloadLimit, encryption, maxPeers, port, uploadLimit } = flags
  const given: Record<string, Option.Option<unknown> | undefined> = {
    downloadLimit,
    encryption,
    maxPeers,
    port,
    uploadLimit,
  }
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value !== undefined && Option.isSome(value) ? [[name, value.value]] : [],
    ),
  )
}
