/** An error in one or two sentences: what happened, and what to do next. */
import type { AlreadyRunning, InvalidTorrent, NoPeers, NoSuitablePeer, StorageError, UnsupportedTorrent } from "unchoke"
import type { SameFiles } from "../many/SameFiles.ts"
import type { NothingToSeed } from "../NothingToSeed.ts"
import type { UnreadableTorrent, Unwritable } from "../torrentFile.ts"
import { count, quoted, safe } from "./text.ts"
import * as Units from "./units.ts"

export type Failure =
  | NoSuitablePeer
  | NoPeers
  | StorageError
  | InvalidTorrent
  | UnsupportedTorrent
  | UnreadableTorrent
  | Unwritable
  | NothingToSeed
  | AlreadyRunning
  | SameFiles

/** What the command was given, as far as its failures speak of it. */
export interface Given {
  readonly torrent: string
  readonly noTracker?: boolean
  readonly peer?: ReadonlyArray<unknown>
}

/** The lines for an error of `unchoke <command> <torrent>`. */
export const failure = (error: Failure, given: Given): ReadonlyArray<string> => {
  const { torrent } = given
  switch (error._tag) {
    case "NoSuitablePeer":
      return [
        sentence(error.message),
        ...fewByName(error),
        `${later(error)} \`unchoke probe ${quoted(torrent)}${sameSources(given)}\` shows every peer's verdict.`,
      ]
    case "NoPeers":
      return error.answers.length > 1
        ? [
            "Nobody found who would give it to us:",
            ...error.answers.map((answer) => `  ${safe(answer)}`),
            noPeers(error, given),
          ]
        : [sentence(error.message), noPeers(error, given)]
    case "StorageError":
      return [`${sentence(storageProblem(error))} ${storage(error)}`]
    case "InvalidTorrent":
      return [
        `${safe(torrent)} is not a valid torrent: ${sentence(error.message, false)} Get it again from where it came from.`,
      ]
    case "UnsupportedTorrent":
      return [
        `${safe(torrent)} cannot be downloaded: ${sentence(error.message, false)} A hybrid torrent of the same files, or one of v1, can.`,
      ]
    case "UnreadableTorrent":
    case "Unwritable":
    case "AlreadyRunning":
    case "SameFiles":
      return [sentence(error.message)]
    case "NothingToSeed":
      return [
        `${sentence(error.message)} ${nameTheFolder} To fetch it, and seed it then: unchoke download ${quoted(torrent)} --output ${quoted(error.folder)} --seed`,
      ]
  }
}

/** The same after `probe`, whose table has told the verdicts already. The survey goes on until it fails. */
export const failureOfProbe =
  (survey: { readonly partial: number; readonly size: number }) =>
  (error: Failure, given: Given): ReadonlyArray<string> => {
    if (error._tag !== "NoSuitablePeer") return failure(error, given)
    if (survey.partial > 0) {
      return [
        `Nobody would give us all of it, and those who would give us a part do not have all of it between them, as far as we can tell. ${later(error)}`,
      ]
    }
    const who = survey.size === 1 ? "The only peer would not" : `None of ${count(survey.size, "peer")} would`
    return [`${who} give us the file. ${later(error)}`]
  }

/** The same of `verify` and `seed`, which look for what is there. */
export const failureOfPlace = (error: Failure, given: Given): ReadonlyArray<string> =>
  error._tag === "StorageError" && error.reason === "not found"
    ? [`${sentence(error.message)} ${nameTheFolder}`]
    : failure(error, given)

const nameTheFolder = "Name the folder that the torrent's file or folder is in."

/** As far as it matters who is asked. */
const sameSources = ({ noTracker = false, peer = [] }: Given): string =>
  `${noTracker ? " --no-tracker" : ""}${peer.length > 0 ? " --peer …" : ""}`

/** So few are named one by one. */
const fewPeers = 5

const fewByName = ({ rejections }: NoSuitablePeer): ReadonlyArray<string> =>
  rejections.length <= fewPeers ? rejections.map(({ message }) => `  ${safe(message)}`) : []

const later = ({ rejections }: NoSuitablePeer): string => {
  if (rejections.some((error) => error._tag === "ConnectFailed" && error.reason === "no sockets left")) {
    return "This machine had no sockets left for some: raise the limit (`ulimit -n`) and run the same command again."
  }
  if (rejections.some(({ _tag }) => _tag === "ChokeTimeout")) {
    return "Peers that never unchoked us may do so later: try --unchoke-timeout 2m."
  }
  const timedOut = rejections.filter((error) => error._tag === "ConnectFailed" && error.reason === "timed out")
  return timedOut.length * 2 > rejections.length
    ? "Most did not answer in time: try --connect-timeout 20s, or again later."
    : "Try again later: peers come and go."
}

const noPeers = ({ asked, webSeeds = [] }: NoPeers, { noTracker = false }: Given): string => {
  const failures = webSeeds.map(({ reason }) => reason._tag)
  if (failures.includes("CertificateRefused")) {
    return "If you trust the web server all the same, ask it with --insecure-tracker."
  }
  if (failures.includes("Forbidden")) {
    return "If the web server is in your own network and you trust the torrent, ask it with --local-tracker."
  }
  if (asked.length === 0 && webSeeds.length > 0) return "Try again later, or name a peer with --peer host:port."
  if (asked.length === 0) {
    return noTracker
      ? "Name a peer with --peer host:port, or leave out --no-tracker."
      : "The torrent has no tracker to ask: name a peer with --peer host:port."
  }
  const answers = asked.map(({ answer }) => answer)
  const problems = answers.map((answer) => ("problem" in answer ? answer.problem : undefined))
  if (problems.includes("CertificateRefused")) {
    return "If you trust the tracker all the same, ask it with --insecure-tracker."
  }
  if (problems.includes("Forbidden") || answers.some((answer) => "withheld" in answer)) {
    return "If the tracker is in your own network and you trust the torrent, ask it with --local-tracker."
  }
  return answers.every((answer) => "error" in answer)
    ? "Check the network, try again later, or name a peer with --peer host:port."
    : "Try again later, or name a peer with --peer host:port."
}

const storageProblem = (error: StorageError): string =>
  error.reason === "not this torrent's" && error.size !== undefined
    ? `cannot create ${error.path}: it exists, ${Units.bytes(error.size)}, and is not what the torrent has there`
    : error.message

const storage = ({ operation, reason }: StorageError): string => {
  switch (reason) {
    case "no space":
      return `Free some space and ${again}`
    case "permission denied":
      return `Get permission for it and ${again} Or choose another folder with --output.`
    case "read-only":
      return `Make the disk writable and ${again} Or choose another folder with --output.`
    case "not a folder":
      return "There is a file where a folder should be: move it away, or choose another folder."
    case "is a folder":
      return "There is a folder where a file should be: move it away, or choose another folder."
    case "not a file":
      return "There is a pipe, a socket or a device where a file should be: move it away, or choose another folder."
    case "outside the folder":
      return "There is a link that leads out of the download folder: move it away, or choose another folder."
    case "not found":
      return operation === "create"
        ? "No folder or file can be made there: choose another folder."
        : `Somebody else has moved or deleted it: put it back if you can, and ${again}`
    case "not this torrent's":
      return "It was left as it is: choose another folder with --output, or have it replaced with --overwrite."
    case "in use":
      return "Wait until it is done, or end it first."
    case "changed":
      return `Somebody else has changed it while we wrote: see who, and ${again}`
    case "too many open files":
      return `Raise the limit (\`ulimit -n\`) and ${again}`
    case "file too large":
      return "The disk's format, or a limit (`ulimit -f`), does not allow a file of this length: choose a folder on another disk."
    default:
      return `When this is settled, ${again}`
  }
}

const again = "run the same command again: what is verified is not fetched again."

const sentence = (text: string, capital = true): string => {
  const clean = safe(text)
  return `${capital ? clean.charAt(0).toUpperCase() + clean.slice(1) : clean}.`
}
