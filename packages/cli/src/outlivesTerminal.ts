/**
 * Whether we were started to go on when the terminal closes, as by `nohup`.
 *
 * `nohup` and `trap '' HUP` hand on that SIGHUP is ignored. Node makes it the default again before the first line of a program runs, and keeps no trace of it.
 * So we look for what else they leave behind. Each of these is left by nothing else.
 */
import * as Fs from "node:fs"
import { basename, join } from "node:path"

export const outlivesTerminal = (): boolean =>
  process.platform !== "win32" && [startedByNohup, silentInput, outputOfNohup, parentIgnores].some(found)

/** bash, zsh and ksh name the program that they started. */
const startedByNohup = () => basename(process.env["_"] ?? "") === "nohup"

/** GNU's puts /dev/null in the place of a terminal's input, opened so that it cannot even be read. */
const silentInput = () => {
  const { rdev } = Fs.fstatSync(0)
  if (rdev !== Fs.statSync("/dev/null").rdev) return false
  try {
    Fs.readSync(0, new Uint8Array(1))
    return false
  } catch {
    return true
  }
}

/** All of them put this file in the place of a terminal's output. */
const outputOfNohup = () => {
  const output = Fs.fstatSync(1)
  return ["", process.env["HOME"] ?? ""].some((folder) => {
    const file = Fs.statSync(join(folder, "nohup.out"), { throwIfNoEntry: false })
    return file !== undefined && file.ino === output.ino && file.dev === output.dev
  })
}

/** What our parent ignores we were to ignore, too. Linux says what that is: a mask of signals, in hexadecimal. */
const parentIgnores = () => {
  const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Fs.readFileSync(`/proc/${process.ppid}/status`, "utf8")) ?? []
  return (Number.parseInt(mask.slice(-1), 16) & 1) === 1
}

/** What cannot be looked at is no evidence. */
const found = (evidence: () => boolean): boolean => {
  try {
    return evidence()
  } catch {
    return false
  }
}
