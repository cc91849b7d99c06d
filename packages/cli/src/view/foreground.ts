/**
 * Whether the terminal is ours to read from: a process in the background that does, or changes its modes, is stopped.
 *
 * Without a controlling terminal nobody is in the background, nor is anybody on Windows.
 */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

export const isForeground = (): boolean => {
  if (process.platform === "win32") return true
  try {
    const [group, foreground] = process.platform === "linux" ? groupsOnLinux() : groupsOfProcess()
    return foreground === -1 || group === foreground
  } catch {
    return false
  }
}

/** The group of this process, and that which the terminal is for: the fifth and the eighth field of proc(5)'s stat, behind a name in which anything may be. */
const groupsOnLinux = (): ReadonlyArray<number> => {
  const stat = readFileSync("/proc/self/stat", "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return [Number(fields[2]), Number(fields[5])]
}

const groupsOfProcess = (): ReadonlyArray<number> =>
  execFileSync("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], { encoding: "utf8", timeout: 1000 })
    .trim()
    .split(/\s+/)
    .map(Number)
