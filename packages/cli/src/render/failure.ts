/** An error in one or two sentences: what happened, and what to do next. */
import type { NamesNothing } from "../many/NamesNothing.ts"
import type { SameFiles } from "../many/SameFiles.ts"
import { MagnetLink } from "@unchoke/protocol"
import {
  type AlreadyRunning,
  type InvalidOption,
  type InvalidTorrent,
  type ListenFailed,
  type NoPeers,
  type NoSuitablePeer,
  type NothingChosen,
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
import type { UnreadableTorrent, Unwritable } from "../torrentFile.ts"
import { advisedSource } from "../webAddress.ts"
import type { Given } from "./Given.ts"
import { fewByName, later, noPeers, sameSources } from "./peersAdvice.ts"
import { storage, storageProblem, unmoved, unreadable } from "./storageAdvice.ts"
import { count, quoted, safe, sentence } from "./text.ts"
import { unaskedInWords } from "./unasked.ts"

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
      // What a link leads to has the right hash: nobody has another one.
      return [
        MagnetLink.isMeant(torrent)
          ? `What ${safe(torrent)} leads to is not a valid torrent: ${sentence(error.message, false)} It was made that way: look for another torrent of the same files.`
          : `${safe(torrent)} is not a valid torrent: ${sentence(error.message, false)} Get it again from where it came from.`,
      ]
    case "UnsupportedTorrent":
      return [
        `${safe(torrent)} cannot be downloaded: ${sentence(error.message, false)} A hybrid torrent of the same files, or one of v1, can.`,
      ]
    case "NotMoved":
      return [sentence(error.message), unmoved(error)]
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
  if (error._tag === "StorageError" && (error.reason === "not found" || error.reason === "not a folder")) {
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

const nameTheFolder = "Name the folder that the torrent's file or folder is in."
