/** What a download is doing right now, in one line. */
import * as DownloadProgress from "./DownloadProgress.ts"
import { bar } from "./bar.ts"
import { plain, type Style } from "./style.ts"
import * as Swarm from "./Swarm.ts"
import { count, fit, grouped, padStart, widthOf } from "./text.ts"
import * as Units from "./units.ts"

type Progress = DownloadProgress.DownloadProgress

/** For a log: no bar, and as long as it gets. */
export const downloadReport = (self: Progress, now: number): string => {
  switch (phaseOf(self)) {
    case "checking":
      return checkLine(self.checked, self.geometry.pieces)
    case "looking":
      return self.stored === 0 ? looking(self) : `${amount(self)} are there. ${looking(self)}`
    case "fetching":
      return [amount(self), rate(self, now), timeLeft(self, now), from(self)].filter((word) => word !== "").join(", ")
  }
}

/** For a terminal of so many columns. Numbers keep their places from one line to the next. */
export const downloadLine = (self: Progress, now: number, columns: number, style: Style): string => {
  switch (phaseOf(self)) {
    case "checking":
      return checkLine(self.checked, self.geometry.pieces, columns, style)
    case "looking":
      return self.stored === 0
        ? fit(looking(self), columns)
        : withBar(`${padStart(amount(self), 18)}  ${looking(self)}`, fractionOf(self), columns, style)
    case "fetching": {
      if (columns < columnsForNumbers) return briefly(self, now, columns)
      const numbers = [
        padStart(amount(self), 18),
        padStart(rate(self, now), 10),
        padStart(timeLeft(self, now), 13),
        from(self),
      ]
      return withBar(numbers.join("  "), fractionOf(self), columns, style)
    }
  }
}

/** As much as there is room for: who it comes from goes first, the time that is left goes last. */
const briefly = (self: Progress, now: number, columns: number): string => {
  const [left, pace] = [timeLeft(self, now), rate(self, now)]
  const share = Units.percent(DownloadProgress.arrived(self), self.geometry.length)
  const lines = [
    [amount(self), pace, left, from(self)],
    [amount(self), pace, left],
    [share, pace, left],
    [share, left],
  ].map((words) => words.filter((word) => word !== "").join("  "))
  return lines.find((line) => widthOf(line) <= columns) ?? fit(lines.at(-1)!, columns)
}

/** How far the look at the disk is. */
export const checkLine = (checked: number, pieces: number, columns?: number, style: Style = plain): string => {
  const words = `Checking what is there: ${grouped(checked)} of ${count(pieces, "piece")}`
  return columns === undefined ? words : withBar(words, checked / pieces, columns, style)
}

const phaseOf = (self: Progress): "checking" | "looking" | "fetching" =>
  self.checked < self.geometry.pieces ? "checking" : self.links.size === 0 && !self.done ? "looking" : "fetching"

const fractionOf = (self: Progress): number => DownloadProgress.arrived(self) / self.geometry.length

const looking = ({ swarm }: Progress): string => {
  const what = Swarm.describe(swarm)
  return what === "" ? "Looking for peers" : `Looking for a peer: ${what}`
}

const amount = (self: Progress): string =>
  `${Units.percent(DownloadProgress.arrived(self), self.geometry.length)} of ${Units.bytes(self.geometry.length)}`

const rate = (self: Progress, now: number): string => Units.rate(DownloadProgress.rateOf(self, now))

const timeLeft = (self: Progress, now: number): string => {
  const left = DownloadProgress.timeLeft(self, now)
  return left === undefined ? "" : `${Units.seconds(left)} left`
}

const from = ({ links }: Progress): string => {
  const [link] = links.values()
  if (link === undefined) return ""
  if (links.size > 1) return `from ${Swarm.peers(links.size)}`
  return link.choked ? `choked by ${link.who}` : `from ${link.who}`
}

/** Below so many columns there is no room for a bar. */
const columnsForBar = 50

/** Below so many there is none for a bar and for numbers that keep their places. */
const columnsForNumbers = 62

/** The bar's length depends on the terminal alone, so it does not jump. */
const withBar = (words: string, fraction: number, columns: number, style: Style): string => {
  if (columns < columnsForBar) return fit(words, columns)
  const size = Math.min(30, Math.floor(columns / 4))
  return `${bar(fraction, size, style)}  ${fit(words, columns - size - 2)}`
}
