/** Targets that one scenario alone cannot answer. */
import type { Results } from "./Results.ts"
import { type Row, rows } from "./Row.ts"
import { KiB } from "./Shape.ts"
import type { Verdict } from "./Target.ts"

export const across = (all: ReadonlyArray<Results>): ReadonlyArray<Verdict> => {
  const ours = new Map(
    all.flatMap((results) => row(results).map((row) => [results.scenario, { results, row }] as const)),
  )
  return [...noCliff(ours), ...flatMemory(ours), ...parkedPeers(ours), ...bothDirections(ours)]
}

type Ours = ReadonlyMap<string, { readonly results: Results; readonly row: Row }>

/** Small pieces, big ones and many files cost at most half as much again as the best shape, byte for byte. */
const noCliff = (ours: Ours): ReadonlyArray<Verdict> => {
  const shapes = ["memory", "4g", "pieces-16k", "pieces-16m", "files"].flatMap((name) => {
    const found = ours.get(name)
    return found === undefined ? [] : [{ name, time: found.row.wall.median / found.results.bytes }]
  })
  if (shapes.length < 2) return []
  const best = Math.min(...shapes.map(({ time }) => time))
  const factors = shapes.map(({ name, time }) => ({ name, factor: time / best }))
  return [
    {
      text: `no shape of torrent costs more than 1.5 × the best, byte for byte: ${factors.map(({ name, factor }) => `${name} ${factor.toFixed(2)} ×`).join(", ")}`,
      met: factors.every(({ factor }) => factor <= 1.5),
    },
  ]
}

/** Four times the data, no more memory; a tenth is noise. */
const flatMemory = (ours: Ours): ReadonlyArray<Verdict> => {
  const [small, big] = [ours.get("memory")?.row.peak, ours.get("4g")?.row.peak]
  if (small === undefined || big === undefined) return []
  return [{ text: `4 GiB take as much memory as 1 GiB: ${(big / small).toFixed(2)} ×`, met: big <= small * 1.1 }]
}

const parkedPeers = (ours: Ours): ReadonlyArray<Verdict> => {
  const [one, many] = [ours.get("parked-1")?.row.peak, ours.get("parked-200")?.row.peak]
  if (one === undefined || many === undefined) return []
  const each = (many - one) / 199 / KiB
  return [{ text: `at most 64 KiB for each parked connection: ${each.toFixed(0)} KiB`, met: each <= 64 }]
}

/** What goes through in both directions at once, beside what does in each alone. */
const bothDirections = (ours: Ours): ReadonlyArray<Verdict> => {
  const [both, down, up] = ["both", "both-down", "both-up"].map((name) => {
    const found = ours.get(name)
    return found && found.results.bytes / found.row.wall.median
  })
  if (both === undefined || down === undefined || up === undefined) return []
  const share = both / (down + up)
  return [
    {
      text: `both directions at once are at least 0.8 × of the sum of each alone: ${share.toFixed(2)} ×`,
      met: share >= 0.8,
    },
  ]
}

const row = (results: Results) => rows(results).filter(({ client }) => client.name === "unchoke")
