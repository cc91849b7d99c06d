/** What is taken from a swarm and given to it right now, in one line. */
import { withBarBeside } from "./bar.ts"
import { arranged, type Cell, left, right } from "./cells.ts"
import * as DownloadProgress from "./DownloadProgress.ts"
import { Tally } from "@unchoke/engine"
import { amount, ratio, share, timeLeft } from "./progressWords.ts"
import type { Style } from "./style.ts"
import { count, fit, grouped } from "./text.ts"
import * as Units from "./units.ts"

type Progress = DownloadProgress.DownloadProgress

/** For a log. */
export const swarmReport = (self: Progress, now: number): string => {
  const copies = DownloadProgress.copiesBelowOne(self)
  const { down, up } = rates(self, now)
  const end = copies === undefined ? timeLeft(self, now) : `${Units.copies(copies)} reachable`
  return [amount(self), `${down} down`, `${up} up`, end, exchange(self)].filter((word) => word !== "").join(", ")
}

/**
 * For a terminal of so many columns: where there is little room the bar goes first, then the torrent's size, who gives and takes, and the rates. How many copies are reachable stands where
 * the time that is left would: with less than one there is none.
 */
export const swarmLine = (self: Progress, now: number, columns: number, style: Style): string => {
  const copies = DownloadProgress.copiesBelowOne(self)
  const { down, up } = rates(self, now)
  const numbers = {
    amount: right(amount(self), 18),
    share: right(share(self), 6),
    down: right(`↓ ${down}`, 12),
    up: right(`↑ ${up}`, 12),
    end: right(copies === undefined ? timeLeft(self, now) : Units.copies(copies), 15),
  }
  const rest = [numbers.down, numbers.up, numbers.end]
  const layouts: ReadonlyArray<ReadonlyArray<Cell>> = [
    [numbers.amount, ...rest, left(exchange(self), 28)],
    [numbers.share, ...rest, left(exchangeShort(self), 19)],
    [numbers.share, ...rest],
    [numbers.share, numbers.down, numbers.end],
    [numbers.share, numbers.end],
    // No room to keep places in.
    [numbers.share, left(numbers.end.text, 8)],
    [numbers.share],
  ]
  return withBarBeside(layouts, DownloadProgress.arrived(self) / Math.max(1, self.wanted.bytes), columns, style)
}

/** The same of a seed, for a log. */
export const seedReport = (self: Progress, now: number): string =>
  [`Seeding: ${Units.bytes(self.given)} given`, ratio(self), `${rates(self, now).up} up`, takers(self)].join(", ")

/** And for a terminal. The bar is as full as the ratio that is asked for is reached. */
export const seedLine = (self: Progress, now: number, columns: number, style: Style): string => {
  const wanted = self.task.seed?.ratio
  const goal = wanted === undefined ? "" : ` of ${wanted}`
  const numbers = [
    right(`${Units.bytes(self.given)} given`, 14),
    right(ratio(self) + goal, 11 + goal.length),
    right(`↑ ${rates(self, now).up}`, 12),
  ]
  // Who looks at it in a narrow window wants to know first what it does.
  const seeding = left("Seeding", 7)
  const layouts = [
    [seeding, ...numbers, left(takers(self), 18)],
    [seeding, ...numbers],
    [seeding, numbers[2]!, numbers[1]!],
    // Who has a goal looks at it.
    [seeding, wanted === undefined ? numbers[2]! : numbers[1]!],
    // No room for more than what it does.
    [seeding],
  ]
  return wanted === undefined
    ? fit(arranged(layouts, columns), columns)
    : withBarBeside(layouts, DownloadProgress.ratio(self) / wanted, columns, style)
}

const rates = (self: Progress, now: number) => ({
  down: Units.rate(DownloadProgress.rateDown(self, now)),
  up: Units.rate(DownloadProgress.rateUp(self, now)),
})

/** "from 12, to 4 of 31 peers". */
const exchange = (self: Progress): string => {
  const { all, from, to } = Tally.exchange(self)
  const webSeeds = self.webSeeds.size
  if (webSeeds > 0 && all === 0) return `from ${count(webSeeds, "web seed")}`
  return `from ${grouped(from)}, to ${grouped(to)} of ${count(all, "peer")}${webSeeds === 0 ? "" : ` and ${count(webSeeds, "web seed")}`}`
}

const exchangeShort = (self: Progress): string => {
  const { all, from, to } = Tally.exchange(self)
  const webSeeds = self.webSeeds.size
  return `from ${grouped(from + webSeeds)}, to ${grouped(to)} of ${grouped(all + webSeeds)}`
}

/** "to 4 of 31 peers". */
const takers = (self: Progress): string => {
  const { all, to } = Tally.exchange(self)
  if (all === 0) return self.given === 0 ? "to nobody yet" : "to nobody now"
  return `to ${grouped(to)} of ${count(all, "peer")}`
}
