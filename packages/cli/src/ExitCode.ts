/** What the command ends with, for scripts. */
import { Cause, type Runtime } from "effect"
import type { Interruption } from "./Interruption.ts"
import { SomeFailed } from "./many/SomeFailed.ts"

export const ExitCode = {
  done: 0,
  other: 1,
  noSuitablePeer: 3,
  invalidTorrent: 4,
  disk: 5,
  noPeers: 6,
  interrupted: 130,
  /** As a shell reports a program that the signal ended: 128 and its number. */
  hungUp: 129,
  nobodyReads: 141,
  terminated: 143,
} as const

/** For `--help`. */
export const exitCodes: ReadonlyArray<readonly [number, string]> = [
  [
    ExitCode.done,
    "done (verify: everything is there; probe: a peer would give us the file, or several would all of it between them; a seed: its goal is reached)",
  ],
  [ExitCode.noSuitablePeer, "there are peers, but none that would give us the file, or what is missing of it"],
  [
    ExitCode.invalidTorrent,
    "the torrent, or what was to name some, cannot be read; it is not valid, or is for BitTorrent v2 alone",
  ],
  [ExitCode.disk, "the disk refused: no space, no permission, something else in the way, another process at it"],
  [ExitCode.noPeers, "no source named a single peer"],
  [ExitCode.interrupted, "interrupted by Ctrl-C, also a seed; a download goes on from there when it is started again"],
  [ExitCode.terminated, "interrupted by `kill` (SIGTERM), likewise"],
  [ExitCode.hungUp, "interrupted by a terminal that closed (SIGHUP), likewise; `nohup` prevents it"],
  [ExitCode.nobodyReads, "interrupted because nobody reads its output any more, as in `unchoke … | head -1`"],
  [
    ExitCode.other,
    "anything else (verify: something is missing or damaged; seed: nothing is there; a wrong flag or setting, or files that the torrent does not have)",
  ],
]

/** The code of an error, by its tag. */
export const codeOf = (error: unknown): number => {
  // Of several torrents that failed, the worst has said it.
  if (error instanceof SomeFailed) return error.code
  const tag = typeof error === "object" && error !== null && "_tag" in error ? error._tag : undefined
  switch (tag) {
    case "NoSuitablePeer":
    case "NobodyLeft":
      return ExitCode.noSuitablePeer
    case "InvalidTorrent":
    case "UnsupportedTorrent":
    case "UnreadableTorrent":
      return ExitCode.invalidTorrent
    case "StorageError":
    case "Unwritable":
    case "NotMoved":
    case "AlreadyRunning":
    case "SameFiles":
      return ExitCode.disk
    case "NoPeers":
      return ExitCode.noPeers
    default:
      return ExitCode.other
  }
}

/** From what passes by itself to what only somebody can settle. */
const byWorth: ReadonlyArray<number> = [
  ExitCode.done,
  ExitCode.noPeers,
  ExitCode.noSuitablePeer,
  ExitCode.invalidTorrent,
  ExitCode.disk,
  ExitCode.other,
]

/** The worse of two codes: what several torrents end with. */
export const worse = (one: number, other: number): number =>
  byWorth.indexOf(one) >= byWorth.indexOf(other) ? one : other

/** What a code means, in the words of `--help`. */
export const meaningOf = (code: number): string => exitCodes.find(([known]) => known === code)?.[1] ?? ""

/** How the process ends, by how the program ended. */
export const teardownOf =
  (interruption: Interruption["Service"]): Runtime.Teardown =>
  (exit, onExit) => {
    if (exit._tag === "Success") return onExit(ExitCode.done)
    if (Cause.hasInterruptsOnly(exit.cause)) return onExit(interruption.code)
    onExit(codeOf(Cause.squash(exit.cause)))
  }
