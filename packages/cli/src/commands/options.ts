/** Arguments and flags that commands share. */
import type { MagnetLink } from "@unchoke/protocol"
import { type Duration, Option, Result } from "effect"
import { Argument, Flag } from "effect/cli"
import { Host, NetAddress } from "effect/net"
import { relative } from "node:path"
import type { Deadlines } from "@unchoke/engine"
import { faultOfNumbers, longestGlob } from "../choice/Pattern.ts"
import { endedLike } from "../endedLike.ts"
import { lookedUp } from "../lookedUp.ts"
import { repeatable } from "../settings/repeatable.ts"
import { isNoPath } from "../webAddress.ts"
import { durationFromText } from "./quantities.ts"

/** As it was typed, where that is below the working folder: a parsed path is absolute. */
export const asTyped = (path: string): string => {
  if (isNoPath(path)) return path
  const typed = relative("", path)
  return typed === "" || typed.startsWith("..") ? path : typed
}

/** The same of a file that is to be written: where a name ends like a folder's, none of a file is meant. */
export const fileAsTyped = (path: string): string => endedLike(path, asTyped(path))

/** "either": what is there is looked at by the command, which has better words and an exit code for it. */
export const anyPath = { pathType: "either" } as const

export const torrent = Argument.Path("torrent", anyPath).pipe(
  Argument.map(asTyped),
  Argument.withDescription("The .torrent file, its address on the web, or a magnet link"),
)

const endpointFromText = (text: string): Option.Option<Host.HostPort> =>
  Option.filter(Result.getSuccess(Host.hostPortFromString(text)), ({ port }) => port > 0)

export const torrentFile = torrent.pipe(Argument.withDescription("The .torrent file, or its address on the web"))

/** A flag that is there or not. */
export const fact = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withoutNegation, Flag.withDescription(description))

export const jsonLines = fact("json", "Print what happens as JSON lines on stdout")
export const jsonObject = fact("json", "Print it as JSON")
export const quiet = fact("quiet", "Print nothing but errors").pipe(Flag.withAlias("q"))

export const view = fact(
  "view",
  "On a terminal: begin with the view of all peers and pieces, which the key v opens and closes at any time",
)

export const recheck = fact(
  "recheck",
  "Read and hash all that is there, also what was verified before and has not been changed since",
)

const noTracker = fact("no-tracker", "Do not ask the torrent's trackers for peers")
const noDht = fact("no-dht", "Do not look for peers in the DHT, nor be found there")
const dhtNode = Flag.String("dht-node").pipe(
  Flag.withMetavar("host:port"),
  Flag.withDescription(
    `A node to enter the DHT by, instead of those that all clients use and those it knew last time; ${repeatable}`,
  ),
  Flag.filterMap(endpointFromText, () => "host:port, such as 192.0.2.1:6881 or router.example.org:6881"),
  Flag.atLeast(0),
)
const noPex = fact("no-pex", "Do not let peers tell us of other peers, nor tell them of any")
const noLsd = fact("no-lsd", "Do not look for peers in the local network, nor be found there")
const localTracker = fact(
  "local-tracker",
  "The trackers and web seeds may be in your own network: call them by any path, and dial the local peers that they name",
)
export const insecureTracker = fact(
  "insecure-tracker",
  "Take the certificate of a tracker or web seed, or of where the torrent is on the web, as it is, whoever has signed it",
)

/** A peer as it was given: by its address, or by a name that must be looked up first. */
type GivenPeer = NetAddress.InetAddress | Host.HostPort

const peerFromText = (text: string): Option.Option<GivenPeer> =>
  Option.filter(
    Option.orElse(Result.getSuccess(NetAddress.inetAddressFromString(text)), () =>
      Result.getSuccess(Host.hostPortFromString(text)),
    ),
    ({ port }) => port > 0,
  )

const peer = Flag.String("peer").pipe(
  Flag.withMetavar("host:port"),
  Flag.withAlias("p"),
  Flag.withDescription(`A peer to try, such as 127.0.0.1:51413, [::1]:6881 or seed.example.org:6881; ${repeatable}`),
  Flag.filterMap(peerFromText, () => "host:port, such as 127.0.0.1:51413, [::1]:6881 or seed.example.org:6881"),
  Flag.atLeast(0),
)

export interface SourceFlags {
  readonly peer: ReadonlyArray<GivenPeer>
  readonly noTracker: boolean
  readonly noDht: boolean
  readonly noPex: boolean
  readonly noLsd: boolean
}

/** Where peers come from. */
export const sources = { peer, noTracker, noDht, dhtNode, noPex, noLsd, localTracker, insecureTracker }

const faultOfPattern = (text: string): string | undefined =>
  text.length > longestGlob ? `at most ${longestGlob} characters` : faultOfNumbers(text)

/** Which files it is about. */
export const choice = {
  files: Flag.String("files").pipe(
    Flag.withMetavar("glob|numbers"),
    Flag.withDescription(
      'Only these files: a glob ("*.mkv", "Season 1/*"), a folder ("Extras"), or numbers as `unchoke show --files` prints them (3-5); as often as you like',
    ),
    Flag.filter(
      (text) => faultOfPattern(text) === undefined,
      (text) => faultOfPattern(text)!,
    ),
    Flag.atLeast(0),
  ),
  not: Flag.String("not").pipe(
    Flag.withMetavar("glob|numbers"),
    Flag.withDescription("Not these files, whatever --files says; as often as you like"),
    Flag.filter(
      (text) => faultOfPattern(text) === undefined,
      (text) => faultOfPattern(text)!,
    ),
    Flag.atLeast(0),
  ),
}

export const noWebSeeds = fact("no-web-seeds", "Do not ask the web servers that the torrent names")

/** The part of `DownloadOptions` and `SurveyOptions` that these flags are; a link names further peers. */
export const sourcesOf = (flags: SourceFlags, link?: MagnetLink.MagnetLink) => ({
  peers: flags.peer.filter(NetAddress.isInetAddress),
  sources: [
    ...flags.peer.flatMap((peer) => (NetAddress.isInetAddress(peer) ? [] : [lookedUp(peer)])),
    ...(link?.peers ?? []).flatMap((peer) =>
      NetAddress.isIpAddress(peer.host) ? [] : [lookedUp(peer, "x.pe", "x.pe")],
    ),
  ],
  trackers: !flags.noTracker,
  dht: !flags.noDht,
  pex: !flags.noPex,
  lsd: !flags.noLsd,
})

/** How trackers are called and the DHT is entered, by these flags. */
export const trackerOptionsOf = (flags: PlatformFlags) => ({
  mitigateSsrf: !flags.localTracker,
  insecure: flags.insecureTracker,
  ...(flags.noDht && { dht: false as const }),
  ...(!flags.noDht && flags.dhtNode.length > 0 && { dht: { nodes: flags.dhtNode, routers: [] } }),
})

export interface PlatformFlags {
  readonly localTracker: boolean
  readonly insecureTracker: boolean
  readonly noDht: boolean
  readonly dhtNode: ReadonlyArray<Host.HostPort>
}

const deadline = (name: string, what: string, usual: string) =>
  Flag.String(`${name}-timeout`).pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription(`How long ${what} (${usual})`),
    Flag.filterMap(
      (text) => durationFromText(text),
      () => "a duration of at most a day, such as 500ms, 5s or 1m30s",
    ),
    Flag.optional,
  )

/** The deadlines of peers that are asked what a torrent is, which a link does not tell. */
export const describeDeadlines = {
  connect: deadline("connect", "a connection may take", "default: 5s, and 2s while others wait"),
  handshake: deadline("handshake", "a peer may take to answer our handshake", "default: 5s"),
}

/** The deadlines of a probe. */
export const probeDeadlines = {
  ...describeDeadlines,
  bitfield: deadline("bitfield", "a peer may take to say what it has", "default: 5s"),
  unchoke: deadline("unchoke", "to wait for a peer to unchoke us", "default: 45s, and 12s in a sequence"),
}

export const downloadDeadlines = {
  ...probeDeadlines,
  block: deadline(
    "block",
    "a peer may send nothing of what it was asked for",
    "default: 20s, and 4s while others wait",
  ),
}

/** Those that were given. */
export const deadlinesOf = (
  flags: Readonly<Partial<Record<keyof typeof downloadDeadlines, Option.Option<Duration.Duration>>>>,
): Partial<Deadlines.Deadlines> =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : [])),
  )
