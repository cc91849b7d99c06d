/** An error in one or two sentences: what happened, and what to do next. */
import type { NamesNothing } from "../many/NamesNothing.ts"
import type { SameFiles } from "../many/SameFiles.ts"
import { MagnetLink } from "@unchoke/protocol"
import { Duration, Option } from "effect"
import {
  type AlreadyRunning,
  type Encryption,
  type InvalidOption,
  type InvalidTorrent,
  type ListenFailed,
  type NoPeers,
  type NoSuitablePeer,
  type NothingChosen,
  type Rejection,
  type StorageError,
  type Uncreatable,
  type UnsupportedTorrent,
  tally,
} from "@unchoke/engine"
import type { NoSuchFile } from "../NoSuchFile.ts"
import type { NotMoved } from "../afterwards/NotMoved.ts"
import type { ProgramFailed } from "../afterwards/ProgramFailed.ts"
import type { NobodyLeft } from "../NobodyLeft.ts"
import type { NothingToSeed } from "../NothingToSeed.ts"
import type { Setting } from "../settings/Setting.ts"
import type { UnreadableTorrent, Unwritable } from "../torrentFile.ts"
import { advisedSource } from "../webAddress.ts"
import { count, quoted, safe } from "./text.ts"
import { inTheWay, listed, unaskedInWords } from "./unasked.ts"
import * as Units from "./units.ts"

export type Failure =
  | NotMoved
  | ProgramFailed
  | NoSuitablePeer
  | NoPeers
  | StorageError
  | InvalidOption
  | InvalidTorrent
  | UnsupportedTorrent
  | UnreadableTorrent
  | Unwritable
  | NothingToSeed
  | NoSuchFile
  | ListenFailed
  | NothingChosen
  | AlreadyRunning
  | SameFiles
  | NamesNothing
  | NobodyLeft
  | Uncreatable

/** What the command was given, as far as its failures speak of it. */
export interface Given {
  readonly torrent: string
  /** Which command, where what to do next depends on it. */
  readonly command?: "download" | "seed"
  readonly noTracker?: boolean
  readonly noDht?: boolean
  readonly noLsd?: boolean
  readonly noPex?: boolean
  readonly noWebSeeds?: boolean
  readonly dhtNode?: ReadonlyArray<unknown>
  readonly peer?: ReadonlyArray<unknown>
  readonly encryption?: Option.Option<Encryption.Policy>
  /** Which of it was not typed. */
  readonly settings?: ReadonlyArray<Setting>
  readonly deadlines?: Readonly<Partial<Record<"connect" | "unchoke", Option.Option<Duration.Duration>>>>
}

/** The lines for an error of `unchoke <command> <torrent>`. */
export const failure = (error: Failure, given: Given): ReadonlyArray<string> => {
  const torrent = advisedSource(given.torrent)
  switch (error._tag) {
    case "NoSuitablePeer":
      return [
        sentence(error.message),
        ...fewByName(error),
        `${later(error, given)} \`unchoke probe ${quoted(torrent)}${sameSources(given)}\` shows every peer's verdict.`,
      ]
    case "NobodyLeft": {
      const { gone, kept, others } = error
      const { rejections } = others
      return [
        sentence(error.message),
        ...gone.map((giver) => `  ${safe(giver)}.`),
        ...(rejections.length === 0
          ? []
          : [`  ${count(rejections.length, "other")} would not help: ${tally(rejections)}.`]),
        `${sentence(kept)} The same command goes on from there when somebody has the rest. ${later(others, given)} \`unchoke probe ${quoted(torrent)}${sameSources(given)}\` shows who has it now.`,
      ]
    }
    case "NoPeers": {
      const unasked = unaskedInWords(error.unasked ?? [])
      const answers = [...error.answers, ...unasked]
      return answers.length > 1 || unasked.length > 0
        ? [
            error.answers.length > 0 ? "Nobody found who would give it to us:" : "There was nobody to ask for peers:",
            ...answers.map((answer) => `  ${safe(answer)}`),
            noPeers(error, given),
          ]
        : [sentence(error.message), noPeers(error, given)]
    }
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
    case "NotMoved":
      return [sentence(error.message), `It is in ${quoted(error.from)}; the same command tries again to move it.`]
    case "ProgramFailed":
    case "Unwritable":
    case "AlreadyRunning":
    case "InvalidOption":
      return [sentence(error.message)]
    case "UnreadableTorrent":
      return [
        error.isFolder === true ? `${sentence(error.message)} ${ofFolder(torrent, given)}` : sentence(error.message),
      ]
    case "SameFiles":
      return [
        sentence(error.message),
        "To have both, fetch this one by a command of its own, with another --output; of a torrent of several files others can be chosen with --files.",
      ]
    case "NamesNothing":
      return [
        sentence(error.message),
        "A list has a torrent a line: a .torrent file, its address on the web, or a magnet link.",
      ]
    case "ListenFailed":
      return [`${sentence(error.message)} Choose another one with --http-port, or none to have any that is free.`]
    case "NoSuchFile":
      return [
        sentence(error.message),
        ...error.files.map((file) => `  ${safe(file)}`),
        ...error.files
          .slice(0, 1)
          .map((file) => `Name one by its number or name: unchoke stream ${quoted(torrent)} ${Number.parseInt(file)}`),
      ]
    case "NothingChosen":
      return [
        `${sentence(error.message)}${alternatives(error)} \`unchoke show ${quoted(torrent)} --files\` lists them with their numbers.`,
      ]
    case "Uncreatable":
      return [`${sentence(error.message)}${uncreatable(error)}`]
    case "NothingToSeed":
      return [
        `${sentence(error.message)} ${nameTheFolder} To fetch it, and seed it then: unchoke download ${quoted(torrent)} --output ${quoted(error.folder)} --seed`,
      ]
  }
}

/** What is meant by a folder in the place of a torrent. */
const ofFolder = (folder: string, { command }: Given): string => {
  const each = `${quoted(folder.replace(/\/+$/, ""))}/*.torrent`
  switch (command) {
    case "seed":
      return `To make a torrent of it and serve that: unchoke seed --create ${quoted(folder)}`
    case "download":
      return `For the torrents that are in it: ${each}, or --watch ${quoted(folder)} to take those that appear, too.`
    default:
      return "Name a .torrent file in it."
  }
}

const alternatives = ({ files, nearest, pattern }: NothingChosen): string => {
  if (pattern === undefined) return ""
  if (nearest.length > 0) return ` Nearest: ${nearest.map(quoted).join(", ")}.`
  return ` It has ${count(files, "file")}.`
}

/** The same after `probe`, whose table has told the verdicts already. The survey goes on until it fails. */
export const failureOfProbe =
  (survey: { readonly partial: number; readonly size: number; readonly isDescribed: boolean }) =>
  (error: Failure, given: Given): ReadonlyArray<string> => {
    if (error._tag !== "NoSuitablePeer") return failure(error, given)
    if (!survey.isDescribed) {
      return [
        "Nobody told us what the torrent is, so it cannot be said who would give it to us.",
        ...fewByName(error),
        later(error, given),
      ]
    }
    if (survey.partial > 0) {
      return [
        `Nobody would give us all of it, and those who would give us a part do not have all of it between them, as far as we can tell. ${later(error, given)}`,
      ]
    }
    const who = survey.size === 1 ? "The only peer would not" : `None of ${count(survey.size, "peer")} would`
    return [`${who} give us the file. ${later(error, given)}`]
  }

/** The same of `verify` and `seed`, which look for what is there. */
export const failureOfPlace = (error: Failure, given: Given): ReadonlyArray<string> => {
  if (error._tag === "StorageError" && error.reason === "not found") {
    return [`${sentence(error.message)} ${nameTheFolder}`]
  }
  const isUnknown = MagnetLink.isMeant(given.torrent) && (error._tag === "NoPeers" || error._tag === "NoSuitablePeer")
  return isUnknown ? [...failure(error, given), aFileTells] : failure(error, given)
}

const aFileTells = "What a link leads to has to be asked of peers; a .torrent file tells it without anybody."

/** The same of who makes a torrent: what is wrong is with what it is made of. */
export const failureOfCreation = (error: Failure, given: Given): ReadonlyArray<string> =>
  error._tag === "StorageError" ? [`${sentence(error.message)} ${unreadable(error)}`] : failure(error, given)

const uncreatable = ({ why }: Uncreatable): string => {
  switch (why) {
    case "its name is not UTF-8":
    case "its name is one that no client takes":
      return " Rename it, or move it away."
    case "it has too many pieces":
      return " Make them longer, with --piece-length."
    case "it is a link that leads nowhere":
    case "it is a link that leads in a circle":
      return " Mend the link, or name what it is to lead to."
    default:
      return ""
  }
}

const unreadable = ({ reason }: StorageError): string => {
  switch (reason) {
    case "not found":
      return "Name a file or a folder that is there; nothing was written."
    case "changed":
      return "Somebody has changed it meanwhile: run it again when nobody writes to it; nothing was written."
    case "permission denied":
      return "Get permission for it, or move it away; nothing was written."
    case "too many open files":
      return "Raise the limit (`ulimit -n`); nothing was written."
    case "not a folder":
      return "There is a file where a folder should be: name what is there; nothing was written."
    default:
      return "Nothing was written."
  }
}

const nameTheFolder = "Name the folder that the torrent's file or folder is in."

/** As far as it matters who is asked, and how. */
const sameSources = (given: Given): string => {
  const { dhtNode = [], encryption, peer = [] } = given
  const policy = encryption === undefined ? undefined : Option.getOrUndefined(encryption)
  return [
    ...(given.noTracker === true ? ["--no-tracker"] : []),
    ...(given.noDht === true ? ["--no-dht"] : []),
    ...(given.noLsd === true ? ["--no-lsd"] : []),
    ...(given.noPex === true ? ["--no-pex"] : []),
    ...(given.noWebSeeds === true ? ["--no-web-seeds"] : []),
    ...(dhtNode.length > 0 ? ["--dht-node …"] : []),
    ...(policy === undefined ? [] : [`--encryption ${policy}`]),
    ...(peer.length > 0 ? ["--peer …"] : []),
  ]
    .map((flag) => ` ${flag}`)
    .join("")
}

/** So few are named one by one. */
const fewPeers = 5

const fewByName = ({ rejections }: NoSuitablePeer): ReadonlyArray<string> =>
  rejections.length <= fewPeers ? rejections.map(({ message }) => `  ${safe(message)}`) : []

/** A flag that was not typed has to be looked for elsewhere. */
const asSet = (flag: string, { settings = [] }: Given): string => {
  const setting = settings.find(({ name }) => flag === `--${name}`)
  return setting === undefined ? flag : `${flag} (set by ${safe(setting.from)})`
}

/** What may help: with those who are known, and to find others. */
const later = (error: NoSuitablePeer, given: Given): string => {
  const flags = inTheWay(error.unasked ?? []).map((flag) => asSet(flag, given))
  const others = flags.length === 0 ? [] : [`More may be found without ${listed(flags)}.`]
  return [encryptionHint(error, given) ?? peersHint(error, given), ...others].join(" ")
}

/** Where all who were reached hung up on the only kind of words that they were spoken to in, or did not answer or understand them. */
const encryptionHint = ({ rejections }: NoSuitablePeer, { encryption }: Given): string | undefined => {
  const policy = encryption === undefined ? undefined : Option.getOrUndefined(encryption)
  const reached = rejections.filter(({ _tag }) => _tag !== "ConnectFailed")
  const isOfWords = (error: Rejection) => error._tag === "HandshakeFailed" && isOfTheKindOfWords.has(error.reason)
  if (policy === undefined || policy === "prefer" || reached.length === 0 || !reached.every(isOfWords)) return undefined
  const nobody = reached.length === 1 ? "The one that was reached did not take" : "Nobody who was reached took"
  const speaks = reached.length === 1 ? "it speaks" : "they speak"
  const [ours, theirs] = policy === "off" ? ["plain", "encrypted"] : ["encrypted", "plain"]
  return `${nobody} ${ours} words: perhaps ${speaks} nothing but ${theirs} ones. Leave out --encryption ${policy}.`
}

/** What who speaks in the other way does to a handshake. */
const isOfTheKindOfWords: ReadonlySet<string> = new Set(["closed", "reset", "timed out", "not BitTorrent"])

const peersHint = ({ rejections }: NoSuitablePeer, { deadlines }: Given): string => {
  if (rejections.some((error) => error._tag === "ConnectFailed" && error.reason === "no sockets left")) {
    return "This machine had no sockets left for some: raise the limit (`ulimit -n`) and run the same command again."
  }
  if (rejections.some(({ _tag }) => _tag === "ChokeTimeout")) {
    return isGiven(deadlines?.unchoke, Duration.minutes(2))
      ? "Peers that never unchoked us may do so later: try again then."
      : "Peers that never unchoked us may do so later: try --unchoke-timeout 2m."
  }
  const timedOut = rejections.filter((error) => error._tag === "ConnectFailed" && error.reason === "timed out")
  return timedOut.length * 2 > rejections.length && !isGiven(deadlines?.connect, Duration.seconds(20))
    ? "Most did not answer in time: try --connect-timeout 20s, or again later."
    : "Try again later: peers come and go."
}

/** Whether so much patience, or more, was asked for already. */
const isGiven = (flag: Option.Option<Duration.Duration> | undefined, advised: Duration.Duration): boolean =>
  flag !== undefined && Option.isSome(flag) && Duration.isGreaterThanOrEqualTo(flag.value, advised)

const noPeers = ({ asked, unasked = [], webSeeds = [] }: NoPeers, given: Given): string => {
  const { peer = [] } = given
  const failures = webSeeds.map(({ reason }) => reason._tag)
  if (failures.includes("CertificateRefused")) {
    return "If you trust the web server all the same, ask it with --insecure-tracker."
  }
  if (failures.includes("Forbidden")) {
    return "If the web server is in your own network and you trust the torrent, ask it with --local-tracker."
  }
  const answers = asked.map(({ answer }) => answer)
  const problems = answers.map((answer) => ("problem" in answer ? answer.problem : undefined))
  if (problems.includes("CertificateRefused")) {
    return "If you trust the tracker all the same, ask it with --insecure-tracker."
  }
  if (problems.includes("Forbidden") || answers.some((answer) => "withheld" in answer)) {
    return "If the tracker is in your own network and you trust the torrent, ask it with --local-tracker."
  }
  const flags = inTheWay(unasked)
    .filter((flag) => flag !== "--no-pex")
    .map((flag) => asSet(flag, given))
  const wasAsked = answers.length + webSeeds.length > 0
  const isSilent = answers.length > 0 && answers.every((answer) => "error" in answer)
  const ways = [
    ...(flags.length > 0 ? [`leave out ${listed(flags)}`] : []),
    ...(isSilent ? ["check the network"] : []),
    ...(wasAsked ? ["try again later"] : []),
    `name ${peer.length > 0 ? "another" : "a"} peer with --peer host:port`,
  ]
  return sentence(listed(ways, "or"))
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

export const sentence = (text: string, capital = true): string => {
  const clean = safe(text)
  const begun = capital ? clean.charAt(0).toUpperCase() + clean.slice(1) : clean
  return /[.?!]$/.test(begun) ? begun : `${begun}.`
}
