/**
 * What inputs that are made to hurt cost: `node --conditions=source test/fuzz/growth.ts`.
 *
 * Each bomb is read in a process of its own, once with 3 MiB and once with 6 MiB: processor time, and the memory at its peak beyond what the input takes.
 * Time may at most triple (twice, and as much again for noise); memory is bounded by a multiple of the input. Exits with 1 where one is not.
 */
import { Metainfo } from "@unchoke/protocol"
import { Result } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { torrentBombs } from "./oracles/bombs.ts"

const MiB = 1024 * 1024

/** In MiB: twice as much of the smallest values is what the guard just lets in. */
const small = 3

/** Bytes of memory for each byte of input, garbage included. The worst are files whose names are short and clash. */
const memoryLimit = 96

/** What one process measures. */
interface Cost {
  readonly milliseconds: number
  readonly memory: number
  readonly verdict: string
}

const measure = (file: string): Cost => {
  const input = new Uint8Array(readFileSync(file))
  Metainfo.fromBytes(new Uint8Array(0))
  const before = process.resourceUsage().maxRSS
  const start = process.cpuUsage()
  const loaded = Metainfo.fromBytes(input)
  const { system, user } = process.cpuUsage(start)
  const memory = (1024 * (process.resourceUsage().maxRSS - before)) / input.length
  const verdict = Result.isSuccess(loaded)
    ? `${loaded.success.files.length} files`
    : `${loaded.failure.field} ${loaded.failure.why}`
  return { milliseconds: (user + system) / 1000, memory, verdict: verdict.slice(0, 70) }
}

const inProcess = (bomb: string, mebibytes: number): Cost => {
  const file = join(folder, "bomb")
  writeFileSync(file, torrentBombs[bomb]!(mebibytes * MiB))
  const args = ["--conditions=source", fileURLToPath(import.meta.url), "--read", file]
  const { stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" })
  if (stdout !== "") return JSON.parse(stdout) as Cost
  return { milliseconds: Number.NaN, memory: Number.NaN, verdict: stderr.slice(-200) }
}

const compare = (bomb: string): boolean => {
  const [half, whole] = [inProcess(bomb, small), inProcess(bomb, 2 * small)]
  // What takes no time at all doubles by chance.
  const growth = whole.milliseconds / Math.max(50, half.milliseconds)
  const memory = Math.max(half.memory, whole.memory)
  const fine = growth <= 3 && memory <= memoryLimit
  console.log(
    `${bomb.padEnd(44)} ${half.milliseconds.toFixed(0).padStart(6)} ms ${whole.milliseconds.toFixed(0).padStart(6)} ms ` +
      `${growth.toFixed(1).padStart(6)}x ${memory.toFixed(1).padStart(6)}x  ${whole.verdict}${fine ? "" : "  TOO MUCH"}`,
  )
  return fine
}

const { positionals, values } = parseArgs({ options: { read: { type: "string" } }, allowPositionals: true })
const folder = values.read === undefined ? mkdtempSync(join(tmpdir(), "unchoke-growth-")) : ""
if (values.read !== undefined) {
  console.log(JSON.stringify(measure(values.read)))
} else {
  console.log(`${"".padEnd(44)} ${`${small} MiB`.padStart(9)} ${`${2 * small} MiB`.padStart(9)}  growth  memory`)
  const [wanted = ""] = positionals
  const bombs = Object.keys(torrentBombs).filter((bomb) => bomb.includes(wanted))
  if (!bombs.map(compare).every(Boolean)) process.exitCode = 1
  rmSync(folder, { recursive: true })
}
