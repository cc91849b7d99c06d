/** What may help where nobody would give it: with those who are known, and to find others. */
import { Duration, Option } from "effect"
import type { NoPeers, NoSuitablePeer, Rejection } from "@unchoke/engine"
import type { Given } from "./Given.ts"
import { safe, sentence } from "./text.ts"
import { inTheWay, listed } from "./unasked.ts"

/** As far as it matters who is asked, and how. */
export const sameSources = (given: Given): string => {
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

export const fewByName = ({ rejections }: NoSuitablePeer): ReadonlyArray<string> =>
  rejections.length <= fewPeers ? rejections.map(({ message }) => `  ${safe(message)}`) : []

/** A flag that was not typed has to be looked for elsewhere. */
const asSet = (flag: string, { settings = [] }: Given): string => {
  const setting = settings.find(({ name }) => flag === `--${name}`)
  return setting === undefined ? flag : `${flag} (set by ${safe(setting.from)})`
}

/** What may help: with those who are known, and to find others. */
export const later = (error: NoSuitablePeer, given: Given): string => {
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

/** The same where no source has named anybody. */
export const noPeers = ({ asked, unasked = [], webSeeds = [] }: NoPeers, given: Given): string => {
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
