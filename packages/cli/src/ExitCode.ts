/** What the command ends with, for scripts. */
import { Cause, type Runtime } from "effect"

export const ExitCode = {
  done: 0,
  other: 1,
  noSuitablePeer: 3,
  invalidTorrent: 4,
  disk: 5,
  noPeers: 6,
  interrupted: 130,
} as const

/** For `--help`. */
export const exitCodes: ReadonlyArray<readonly [number, string]> = [
  [ExitCode.done, "done (verify: everything is there; probe: at least one peer would give us the file)"],
  [ExitCode.noSuitablePeer, "there are peers, but none that would give us the file"],
  [ExitCode.invalidTorrent, "the torrent cannot be read, or is not valid"],
  [ExitCode.disk, "the disk refused: no space, no permission, something else in the way, another process at it"],
  [ExitCode.noPeers, "no source named a single peer"],
  [ExitCode.interrupted, "interrupted; a download goes on from there when it is started again"],
  [ExitCode.other, "anything else (verify: something is missing or damaged)"],
]

/** The code of an error, by its tag. */
export const codeOf = (error: unknown): number => {
  const tag = typeof error === "object" && error !== null && "_tag" in error ? error._tag : undefined
  switch (tag) {
    case "NoSuitablePeer":
      return ExitCode.noSuitablePeer
    case "InvalidTorrent":
    case "UnreadableTorrent":
      return ExitCode.invalidTorrent
    case "StorageError":
      return ExitCode.disk
    case "NoPeers":
      return ExitCode.noPeers
    default:
      return ExitCode.other
  }
}

/** How the process ends, by how the program ended. */
export const teardown: Runtime.Teardown = (exit, onExit) => {
  if (exit._tag === "Success") return onExit(ExitCode.done)
  if (Cause.hasInterruptsOnly(exit.cause)) return onExit(ExitCode.interrupted)
  onExit(codeOf(Cause.squash(exit.cause)))
}
