/** How far a download or a seed is, and what there is to say of it: a fold of its events. */
import { Duration } from "effect"
import { type DownloadEvent, type SeedGoal, type Strategy, Tally, type Torrent } from "@unchoke/engine"
import * as Peers from "./Peers.ts"
import * as Swarm from "./Swarm.ts"

/** What was asked for: to fetch a torrent, by which strategy; to serve it, until when; or one after the other. */
export interface Task {
  /** How it is fetched; nothing is by a seed. */
  readonly strategy: Strategy | undefined
  /** Until when it is served when all is there, if at all. */
  readonly seed: SeedGoal | undefined
}

export interface DownloadProgress extends Tally.Tally {
  readonly task: Task
  /** How long the files are that are wanted, in bytes. The pieces in which they lie (`wanted`) may have something of others. */
  readonly length: number
  readonly swarm: Swarm.Swarm
  /** The swarm when the last link was opened. */
  readonly swarmBefore: Swarm.Swarm
  readonly peers: Peers.Peers
  /** The web seeds that have given us something: none that was found out to have sent what is not the torrent's. */
  readonly webSeedsServed: ReadonlySet<string>
  /** Which of them paused last for what and for how long, and how often in a row. */
  readonly pauses: ReadonlyMap<string, Pauses>
  /** How many pieces it was said last that nobody reachable has, since anything was stored. */
  readonly lacking: number | undefined
  /** Files of which pieces were there and are not any more. */
  readonly gone: ReadonlySet<string>
  /** When the look at the disk had come how far, as it was heard first. */
  readonly lookingSince: { readonly at: number; readonly checked: number } | undefined
}

export const initial = (torrent: Torrent, task: Task): DownloadProgress => ({
  ...Tally.initial(torrent, { isSwarm: isOfSwarm(task), isSeed: task.seed !== undefined }),
  task,
  length: torrent.geometry.length,
  swarm: Swarm.empty,
  swarmBefore: Swarm.empty,
  peers: Peers.none,
  webSeedsServed: new Set(),
  pauses: new Map(),
  lacking: undefined,
  gone: new Set(),
  lookingSince: undefined,
})

/** `now` is the time in milliseconds, by a clock that nobody sets. */
export const step = (self: DownloadProgress, event: DownloadEvent, now: number): DownloadProgress =>
  told(Tally.step(self, event, now), event, now)

/** What is told besides numbers. */
const told = (self: DownloadProgress, event: DownloadEvent, now: number): DownloadProgress => {
  switch (event._tag) {
    case "Checking":
      return { ...self, lookingSince: self.lookingSince ?? { at: now, checked: event.checked } }
    case "Chosen":
      return { ...self, length: event.length }
    case "WebSeedPaused": {
      const times = pausesOf(self, event) + 1
      return { ...self, pauses: new Map(self.pauses).set(event.error.url, { like: likeOf(event), times }) }
    }
    case "WebSeedReceived":
      return self.webSeedsServed.has(event.url)
        ? self
        : { ...self, webSeedsServed: new Set(self.webSeedsServed).add(event.url) }
    case "WebSeedLeft": {
      const { reason, url } = event.error
      return reason._tag === "CorruptPiece" ? { ...self, webSeedsServed: without(self.webSeedsServed, url) } : self
    }
    case "Dialling":
    case "Connected":
    case "Parked":
    case "Rejected":
      return { ...self, swarm: Swarm.step(self.swarm, event) }
    case "Joined":
      return {
        ...self,
        swarm: isSwarm(self) ? Swarm.joined(self.swarm, event.peer) : Swarm.decided(self.swarm),
        // Of an opening that nobody is told, the rejections before it are told with the next.
        swarmBefore: Peers.isHabitual(self.peers, event.peer) ? self.swarmBefore : self.swarm,
        peers: Peers.step(self.peers, event, isSwarm(self)),
      }
    case "Identified":
    case "Standing":
    case "Received":
    case "Left":
    case "Condemned":
      return { ...self, peers: Peers.step(self.peers, event, isSwarm(self)) }
    case "Waiting":
      return { ...self, lacking: event.lacking }
    case "PieceStored":
      return { ...self, lacking: undefined }
    case "PieceLost":
      return self.gone.has(event.error.path) ? self : { ...self, gone: new Set(self.gone).add(event.error.path) }
    case "Done":
      // Who is here stays for a seed.
      return self.task.seed === undefined ? { ...self, peers: { ...self.peers, links: new Map() } } : self
    default:
      return self
  }
}

const without = (set: ReadonlySet<string>, one: string): ReadonlySet<string> => {
  const rest = new Set(set)
  rest.delete(one)
  return rest
}

type Pause = Extract<DownloadEvent, { readonly _tag: "WebSeedPaused" }>

export interface Pauses {
  readonly like: string
  readonly times: number
}

const likeOf = ({ error, pause }: Pause): string => `${error.reason._tag} ${Duration.toMillis(pause)}`

/** How often in a row a web seed has made us wait like this. */
export const pausesOf = ({ pauses }: DownloadProgress, pause: Pause): number => {
  const last = pauses.get(pause.error.url)
  return last?.like === likeOf(pause) ? last.times : 0
}

/** Whether there are many at once who come and go. */
export const isSwarm = ({ task }: DownloadProgress): boolean => isOfSwarm(task)

const isOfSwarm = ({ strategy }: Task): boolean => strategy === undefined || strategy === "swarm"

/** Whether all that is to be fetched is there, and it is served now. */
export const isSeeding = ({ checked, done, geometry, task }: DownloadProgress): boolean =>
  task.strategy === undefined ? checked >= geometry.pieces : done && task.seed !== undefined

export const { arrived, rateDown, rateUp, ratio, timeLeft } = Tally

/** As much of the files that are wanted as so many bytes of their pieces are: nobody has asked for what else is in those. */
export const ofFiles = ({ length, wanted }: DownloadProgress, bytes: number): number =>
  bytes >= wanted.bytes ? length : Math.floor((bytes * length) / wanted.bytes)

/** How many copies are reachable, where that is not all of it and all of it is wanted. */
export const copiesBelowOne = ({ done, supply }: DownloadProgress): number | undefined =>
  done || supply === undefined || supply.copies >= 1 ? undefined : supply.copies
