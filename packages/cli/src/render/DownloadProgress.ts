/**
 * How far a download or a seed is: a fold of its events.
 *
 * `pending` is what has arrived and is not verified. Bytes are reported with some delay, so it may be below zero for a moment; what is shown never is.
 */
import { Geometry } from "@unchoke/protocol"
import { Duration } from "effect"
import type { DownloadEvent, SeedGoal, Strategy, Torrent } from "@unchoke/engine"
import * as Peers from "./Peers.ts"
import * as Rate from "./Rate.ts"
import * as Swarm from "./Swarm.ts"

/** What was asked for: to fetch a torrent, by which strategy; to serve it, until when; or one after the other. */
export interface Task {
  /** How it is fetched; nothing is by a seed. */
  readonly strategy: Strategy | undefined
  /** Until when it is served when all is there, if at all. */
  readonly seed: SeedGoal | undefined
}

export interface DownloadProgress {
  readonly geometry: Geometry.Geometry
  /** What is wanted of it: all, or the pieces in which the chosen files lie. */
  readonly wanted: { readonly pieces: number; readonly bytes: number; readonly files: number | undefined }
  readonly task: Task
  /** How many pieces were looked at on the disk, and how many of them were there. */
  readonly checked: number
  readonly present: number
  /** How many pieces are on the disk now, and how many bytes they are; and how many were there before. */
  readonly stored: number
  readonly bytes: number
  readonly bytesBefore: number
  readonly pending: number
  /** How many bytes of pieces were sent to others. */
  readonly given: number
  readonly swarm: Swarm.Swarm
  /** The swarm when the last link was opened. */
  readonly swarmBefore: Swarm.Swarm
  readonly peers: Peers.Peers
  /** The web seeds that we download from, and those that have given us something: none that was found out to have sent what is not the torrent's. */
  readonly webSeeds: ReadonlySet<string>
  readonly webSeedsServed: ReadonlySet<string>
  /** Which of them paused last for what and for how long, and how often in a row. */
  readonly pauses: ReadonlyMap<string, Pauses>
  /** How many copies we and those that we are connected to have between us, and what is lacking, once that is known. */
  readonly supply: Supply | undefined
  /** How many pieces it was said last that nobody reachable has, since anything was stored. */
  readonly lacking: number | undefined
  /** What arrived, and what was sent, in the last few seconds. */
  readonly down: Rate.Rate
  readonly up: Rate.Rate
  /** When the first link was opened, by a clock in milliseconds. */
  readonly began: number | undefined
  readonly done: boolean
  /** Files of which pieces were there and are not any more. */
  readonly gone: ReadonlySet<string>
}

export type Supply = Pick<Extract<DownloadEvent, { readonly _tag: "Copies" }>, "copies" | "lacking" | "pieces">

export const initial = ({ geometry }: Torrent, task: Task): DownloadProgress => ({
  geometry,
  wanted: { pieces: geometry.pieces, bytes: geometry.length, files: undefined },
  task,
  checked: 0,
  present: 0,
  stored: 0,
  bytes: 0,
  bytesBefore: 0,
  pending: 0,
  given: 0,
  swarm: Swarm.empty,
  swarmBefore: Swarm.empty,
  peers: Peers.none,
  webSeeds: new Set(),
  webSeedsServed: new Set(),
  pauses: new Map(),
  supply: undefined,
  lacking: undefined,
  down: Rate.none,
  up: Rate.none,
  began: undefined,
  done: false,
  gone: new Set(),
})

/** `now` is the time in milliseconds, by a clock that nobody sets. */
export const step = (self: DownloadProgress, event: DownloadEvent, now: number): DownloadProgress => {
  switch (event._tag) {
    case "Checking":
      return {
        ...self,
        checked: event.checked,
        present: event.present,
        stored: event.present,
        bytes: event.bytes,
        bytesBefore: event.bytes,
      }
    case "Chosen": {
      const { bytes, files, pieces } = event
      return { ...self, wanted: { bytes, files, pieces } }
    }
    case "SourceAnswered":
    case "Named":
    case "Describing":
    case "Described":
    case "OutOfReach":
    case "LinkLeftOut":
    case "Listening":
    case "NotListening":
    case "WebSeedLacks":
    case "Has":
      return self
    case "WebSeedPaused": {
      const times = pausesOf(self, event) + 1
      return { ...self, pauses: new Map(self.pauses).set(event.error.url, { like: likeOf(event), times }) }
    }
    case "WebSeedJoined":
      return { ...self, webSeeds: new Set(self.webSeeds).add(event.url), began: self.began ?? now }
    case "WebSeedReceived":
      return {
        ...self,
        pending: self.pending + event.bytes,
        webSeedsServed: self.webSeedsServed.has(event.url)
          ? self.webSeedsServed
          : new Set(self.webSeedsServed).add(event.url),
        down: Rate.add(self.down, event.bytes, now),
      }
    case "WebSeedLeft": {
      const { reason, url } = event.error
      return {
        ...self,
        webSeeds: without(self.webSeeds, url),
        webSeedsServed: reason._tag === "CorruptPiece" ? without(self.webSeedsServed, url) : self.webSeedsServed,
      }
    }
    case "Discarded":
      return { ...self, pending: self.pending - event.bytes }
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
        began: self.began ?? now,
      }
    case "Identified":
    case "Standing":
    case "Left":
    case "Condemned":
      return { ...self, peers: Peers.step(self.peers, event, isSwarm(self)) }
    case "Received":
      return {
        ...self,
        pending: self.pending + event.bytes,
        peers: Peers.step(self.peers, event, isSwarm(self)),
        down: Rate.add(self.down, event.bytes, now),
      }
    case "Sent":
      return { ...self, given: self.given + event.bytes, up: Rate.add(self.up, event.bytes, now) }
    case "Copies":
      return { ...self, supply: event }
    case "Waiting":
      return { ...self, lacking: event.lacking }
    case "PieceStored":
      return {
        ...self,
        stored: event.stored,
        bytes: self.bytes + event.bytes,
        pending: self.pending - event.bytes,
        lacking: undefined,
      }
    case "PieceLost":
      return { ...self, gone: new Set(self.gone).add(event.error.path) }
    case "PieceCorrupt":
      return { ...self, pending: self.pending - Geometry.pieceSize(self.geometry, event.piece) }
    case "Done":
      return {
        ...self,
        stored: event.pieces,
        bytes: event.bytes,
        pending: 0,
        // Who is here stays for a seed.
        peers: self.task.seed === undefined ? { ...self.peers, links: new Map() } : self.peers,
        done: true,
      }
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
export const isSwarm = ({ task }: DownloadProgress): boolean => task.strategy === undefined || task.strategy === "swarm"

/** Whether all that is to be fetched is there, and it is served now. */
export const isSeeding = ({ checked, done, geometry, task }: DownloadProgress): boolean =>
  task.strategy === undefined ? checked >= geometry.pieces : done && task.seed !== undefined

/** How many bytes of the torrent have arrived, what was there before included. */
export const arrived = (self: DownloadProgress): number => {
  const pending = self.stored === self.wanted.pieces ? 0 : Math.max(0, self.pending)
  return Math.min(self.wanted.bytes, self.bytes + pending)
}

/** What was given, by the length of what is wanted. */
export const ratio = ({ given, wanted }: DownloadProgress): number => given / Math.max(1, wanted.bytes)

/** Bytes per second over the last few seconds. */
export const rateDown = ({ began, down }: DownloadProgress, now: number): number => Rate.at(down, began, now)
export const rateUp = ({ began, up }: DownloadProgress, now: number): number => Rate.at(up, began, now)

/** Milliseconds until the end at this rate, or `undefined` where there is none. */
export const timeLeft = (self: DownloadProgress, now: number): number | undefined => {
  const rate = rateDown(self, now)
  return rate > 0 ? ((self.wanted.bytes - arrived(self)) / rate) * 1000 : undefined
}

/** How many copies are reachable, where that is not all of it and all of it is wanted. */
export const copiesBelowOne = ({ done, supply }: DownloadProgress): number | undefined =>
  done || supply === undefined || supply.copies >= 1 ? undefined : supply.copies
