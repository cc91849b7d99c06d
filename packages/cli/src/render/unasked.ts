/** What was not asked for peers or data, in words; and what to leave out of the command to have it asked. */
import type { Unasked } from "@unchoke/engine"

type Unasked = Unasked.Unasked

/** The flags by which something is not asked. */
const flags: Readonly<Record<Unasked["source"], string>> = {
  trackers: "--no-tracker",
  DHT: "--no-dht",
  "local discovery": "--no-lsd",
  "peer exchange": "--no-pex",
  "web seeds": "--no-web-seeds",
}

/** A line for each that might have found somebody where nobody is known. Peers can tell of others only when there are some. */
export const unaskedInWords = (unasked: ReadonlyArray<Unasked>): ReadonlyArray<string> => {
  const secluded = unasked.filter(({ source, why }) => why === "private" && source !== "peer exchange")
  return [
    ...unasked
      .filter(({ source, why }) => why !== "private" && source !== "peer exchange")
      .map((one) => `${one.source}: ${whyInWords(one)}`),
    ...(secluded.length === 0
      ? []
      : [`${secluded.map(({ source }) => source).join(" and ")}: not asked about a private torrent`]),
  ]
}

const whyInWords = ({ source, why }: Unasked): string => {
  switch (why) {
    case "none named":
      return "none is named"
    case "strategy":
      return "only a swarm asks them (--strategy)"
    default:
      return `not asked (${flags[source]})`
  }
}

/** Those flags of the command that keep others from being found. */
export const inTheWay = (unasked: ReadonlyArray<Unasked>): ReadonlyArray<string> =>
  unasked.flatMap(({ source, why }) =>
    why === "unwanted" ? [flags[source]] : why === "strategy" ? ["--strategy"] : [],
  )

/** "--no-dht, --no-lsd and --no-pex". */
export const listed = (words: ReadonlyArray<string>, last: "and" | "or" = "and"): string =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")}${last === "or" ? ", or" : " and"} ${words.at(-1)}`
