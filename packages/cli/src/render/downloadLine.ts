/** What a download, or a seed, is doing right now, in one line. */
import * as DownloadProgress from "./DownloadProgress.ts"
import { withBar, withBarBeside } from "./bar.ts"
import { checkLine, type Looking } from "./checkLine.ts"
import { amount, rate, share, timeLeft } from "./progressWords.ts"
import { left, right } from "./cells.ts"
import type { Style } from "./style.ts"
import * as Swarm from "./Swarm.ts"
import { seedLine, seedReport, swarmLine, swarmReport } from "./swarmLine.ts"
import { count, fitWords, padStart } from "./text.ts"

type Progress = DownloadProgress.DownloadProgress

/** For a log: no bar, and as long as it gets. */
export const downloadReport = (self: Progress, now: number): string => {
  switch (phaseOf(self)) {
    case "checking":
      return checkLine(lookingOf(self), now)
    case "looking":
      return self.stored === 0 ? looking(self) : `${amount(self)} are there. ${looking(self)}`
    case "fetching":
      return [amount(self), rate(self, now), timeLeft(self, now), from(self)].filter((word) => word !== "").join(", ")
    case "exchanging":
      return swarmReport(self, now)
    case "seeding":
      return seedReport(self, now)
  }
}

/** For a terminal of so many columns. Numbers keep their places from one line to the next. */
export const downloadLine = (self: Progress, now: number, columns: number, style: Style): string => {
  switch (phaseOf(self)) {
    case "checking":
      return checkLine(lookingOf(self), now, columns, style)
    case "looking":
      return self.stored === 0
        ? fitWords(looking(self), columns)
        : withBar(`${padStart(amount(self), 18)}  ${looking(self)}`, fractionOf(self), columns, style)
    case "fetching":
      return fetching(self, now, columns, style)
    case "exchanging":
      return swarmLine(self, now, columns, style)
    case "seeding":
      return seedLine(self, now, columns, style)
  }
}

/** Where there is little room the bar goes first, then who the peer is beside its address, the torrent's size, and that address; the time that is left goes last. */
const fetching = (self: Progress, now: number, columns: number, style: Style): string => {
  const [pace, end] = [right(rate(self, now), 10), right(timeLeft(self, now), 13)]
  const [all, part] = [right(amount(self), 18), right(share(self), 6)]
  const layouts = [
    [all, pace, end, left(from(self), 46)],
    [all, pace, end, left(fromAddress(self), 26)],
    [part, pace, end, left(fromAddress(self), 26)],
    [part, pace, end, left(fromHowMany(self), 12)],
    [part, pace, end],
    [part, end],
    // No room to keep places in.
    [part, left(end.text, 8)],
    [part],
  ]
  return withBarBeside(layouts, fractionOf(self), columns, style)
}

const lookingOf = ({ checked, geometry, lookingSince }: Progress): Looking => ({
  pieces: geometry.pieces,
  checked,
  since: lookingSince,
})

/** `fetching` is from one chosen peer or a few, `exchanging` with a swarm. */
const phaseOf = (self: Progress): "checking" | "looking" | "fetching" | "exchanging" | "seeding" => {
  if (self.checked < self.geometry.pieces) return "checking"
  if (DownloadProgress.isSeeding(self)) return "seeding"
  if (self.peers.links.size === 0 && self.webSeeds.size === 0 && !self.done) return "looking"
  return DownloadProgress.isSwarm(self) ? "exchanging" : "fetching"
}

const fractionOf = (self: Progress): number => DownloadProgress.arrived(self) / Math.max(1, self.wanted.bytes)

const looking = (self: Progress): string => {
  const what = Swarm.describe(self.swarm)
  if (what === "") return "Looking for peers"
  return `Looking for ${DownloadProgress.isSwarm(self) ? "peers" : "a peer"}: ${what}`
}

const from = ({ peers: { links }, webSeeds }: Progress): string => {
  const [link] = links.values()
  if (link === undefined) return webSeeds.size === 0 ? "" : `from ${count(webSeeds.size, "web seed")}`
  if (links.size > 1) return `from ${Swarm.peers(links.size)}`
  return link.standing === "parked" ? `choked by ${link.who}` : `from ${link.who}`
}

/** The same without what client it is. */
const fromAddress = (self: Progress): string => from(self).replace(/ \(.*\)$/, "")

const fromHowMany = ({ peers: { links }, webSeeds }: Progress): string =>
  links.size === 0 ? `from ${count(webSeeds.size, "web seed")}` : `from ${Swarm.peers(links.size)}`
