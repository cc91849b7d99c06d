/** A download or a seed as the live view shows it: a fold of its events, in place, and what that looks like. */
import type { DownloadEvent, Torrent } from "@unchoke/engine"
import { downloadLine } from "../render/downloadLine.ts"
import * as DownloadProgress from "../render/DownloadProgress.ts"
import type { Style } from "../render/style.ts"
import * as Swarm from "../render/Swarm.ts"
import { count, fit, grouped, padStart, safe } from "../render/text.ts"
import * as Units from "../render/units.ts"
import { History, sparkline } from "./History.ts"
import { layouts, seedLayouts, seedSorts, sorts } from "./peerColumns.ts"
import { PeerRows } from "./PeerRows.ts"
import { PieceMap } from "./PieceMap.ts"
import { type Frame, type Look, sheet } from "./sheet.ts"

type Progress = DownloadProgress.DownloadProgress

export class TransferView {
  readonly #torrent: Torrent
  readonly #rows: PeerRows
  readonly #map: PieceMap
  readonly #down = new History()
  readonly #up = new History()

  constructor(torrent: Torrent) {
    this.#torrent = torrent
    this.#rows = new PeerRows(torrent.geometry)
    this.#map = new PieceMap(torrent.geometry.pieces)
  }

  see(event: DownloadEvent, now: number, isSwarm: boolean): void {
    this.#rows.see(event, now, isSwarm)
    this.#map.see(event)
    if (event._tag === "Received" || event._tag === "WebSeedReceived") this.#down.add(event.bytes, now)
    if (event._tag === "Sent") this.#up.add(event.bytes, now)
  }

  frame(progress: Progress, look: Look): Frame {
    const { now, size, style } = look
    const { geometry, name } = this.#torrent
    const { pieces } = geometry
    const seeds = DownloadProgress.isSeeding(progress)
    /** Where nothing is lacking a map says nothing. */
    const isWhole = seeds && progress.stored === pieces
    return sheet(
      {
        title: safe(name),
        aside: `${Units.bytes(geometry.length)} in ${count(pieces, "piece")}`,
        head: [downloadLine(progress, now, size.columns, style), this.#rates(now, seeds, size.columns, style)],
        map: (rows) => (isWhole ? [] : this.#map.lines(size.columns, rows)),
        legend: isWhole
          ? ""
          : `${grouped(progress.stored)} of ${count(progress.wanted.pieces, "piece")} here: █ all ▓▒░ some · none × with nobody`,
        rows: this.#rows.all,
        layouts: seeds ? seedLayouts(pieces) : layouts(pieces),
        sorts: seeds ? seedSorts : sorts,
        nobody: progress.done ? "Nobody is here." : "Nobody is here yet.",
        below: Swarm.describe(progress.swarm),
      },
      look,
    )
  }

  /** Both rates over the last seconds, each in a half of the width; of a seed one in all of it. */
  #rates(now: number, seeds: boolean, columns: number, style: Style): string {
    const width = seeds ? columns : Math.floor((columns - 1) / 2)
    const one = (history: History, mark: string) => {
      const cells = width - mostRate - 4
      const seconds = history.last(Math.max(1, cells), now)
      const rate = Units.rate(seconds.at(-1)!)
      return cells < 4
        ? fit(`${mark} ${rate}`, width)
        : `${mark} ${style.green(sparkline(seconds))} ${padStart(rate, mostRate)} `
    }
    if (seeds) return one(this.#up, "↑")
    return columns < narrowest ? "" : `${one(this.#down, "↓")} ${one(this.#up, "↑")}`
  }
}

/** "1.03 MiB/s". */
const mostRate = 10

/** Below so many columns there is no room for two rates. */
const narrowest = 28
