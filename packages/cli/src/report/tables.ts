/** The tables of a report beside that of the peers: who came to which verdict, by client and by source, and the web seeds. */
import { Duration } from "effect"
import { grouped } from "../render/text.ts"
import * as Units from "../render/units.ts"
import { webSeedVerdict } from "../render/webSeedTable.ts"
import { type Markup, markup, none, short } from "./markup.ts"
import type { Count, Report } from "./Report.ts"

/** A part with a heading; nothing where there is nothing in it. */
export const chart = (title: string, body: Markup): Markup =>
  body === none ? none : markup`<section><h2>${title}</h2>${body}</section>`

export const tallies = (title: string, counts: ReadonlyArray<Count>): Markup => {
  if (counts.length === 0) return none
  const most = Math.max(1, ...counts.map(({ peers }) => peers))
  const share = (amount: number) => short((amount / most) * 100)
  const name = `By ${title.toLowerCase()}`
  return chart(
    name,
    table(
      name,
      markup`<th scope="col">${title}</th>${numberHeads(["Peers", "Give"])}<td class="bar"></td>`,
      counts.map(
        ({ give, peers, what }) =>
          markup`<tr><th scope="row">${what}</th>${numbers([peers, give])}<td class="bar"><svg height="11" aria-hidden="true"><rect class="amount" width="${share(peers)}%" height="11"/><rect class="there" width="${share(give)}%" height="11"/></svg></td></tr>`,
      ),
    ),
  )
}

export const sources = ({ sources: worth }: Report): Markup =>
  worth.length === 0
    ? none
    : chart(
        "By source",
        table(
          "By source",
          markup`<th scope="col">From</th>${numberHeads(["Named", "Exist", "Give"])}`,
          worth.map(
            ({ exist, from, give, peers }) =>
              markup`<tr><th scope="row">${from}</th>${numbers([peers, exist, give])}</tr>`,
          ),
        ),
      )

export const webSeeds = ({ webSeeds: seeds }: Report): Markup =>
  seeds.length === 0
    ? none
    : chart(
        "Web seeds",
        table(
          "Web seeds",
          markup`<th scope="col">Web seed</th>${numberHeads(["Took"])}<th scope="col">Verdict</th>`,
          seeds.map((seed) => {
            const url = seed._tag === "WebSeedPassed" ? seed.url : seed.error.url
            const took = seed._tag === "WebSeedPassed" ? Units.latency(Duration.toMillis(seed.took)) : "–"
            return markup`<tr><th scope="row">${url}</th><td class="number">${took}</td><td>${webSeedVerdict(seed)}</td></tr>`
          }),
        ),
      )

const numberHeads = (titles: ReadonlyArray<string>): ReadonlyArray<Markup> =>
  titles.map((title) => markup`<th scope="col" class="number">${title}</th>`)

const numbers = (amounts: ReadonlyArray<number>): ReadonlyArray<Markup> =>
  amounts.map((amount) => markup`<td class="number">${grouped(amount)}</td>`)

/** Its name is heard and not seen: the heading above it says the same. */
const table = (name: string, heads: Markup, rows: ReadonlyArray<Markup>): Markup =>
  markup`<table><caption class="heard">${name}</caption><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>`
