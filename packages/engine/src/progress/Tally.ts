/**
 * How far a download or a seed is: a fold of its events, in numbers.
 *
 * `pending` is what has arrived and is not verified. Bytes are reported with some delay, so it may be below zero for a moment; `arrived` never is.
 */
import { Geometry } from "@unchoke/protocol"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { Standing } from "../peer/Terms.ts"
import type { Torrent } from "../Torrent.ts"
import * as Rate from "./Rate.ts"

/** What a download or a seed comes to in numbers. */
export interface Tally {
  readonly geometry: Geometry.Geometry
  /** What is wanted of it: all, or the pieces in which the chosen files lie. */
  readonly wanted: { readonly pieces: number; readonly bytes: number; readonly files: number | undefined }
  /** Whether whoever joins is one of many; else it was chosen to supply. */
  readonly isSwarm: boolean
  /** Whether it goes on when all is there. */
  readonly isSeed: boolean
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
  /** What each peer that we are connected to does for us, and whether we serve it. */
  readonly links: ReadonlyMap<string, Dealing>
  /** The web seeds that we download from. */
  readonly webSeeds: ReadonlySet<string>
  /** How many copies we and those that we are connected to have between us, and what is lacking, once that is known. */
  readonly supply: Supply | undefined
  /** What arrived in the last half minute, and what was sent in the last few seconds. */
  readonly down: Rate.Rate
  readonly up: Rate.Rate
  /** When the first link was opened, by a clock in milliseconds. */
  readonly began: number | undefined
  readonly done: boolean
}

/** What goes on with one peer that is connected. */
export interface Dealing {
  readonly standing: Standing
  readonly serving: boolean
}

/** How often the torrent is there, ours included. */
export type Supply = Pick<Extract<DownloadEvent, { readonly _tag: "Copies" }>, "copies" | "lacking" | "pieces">

/** The end is foreseen from so many milliseconds. */
const foreseeing = 30_000

/** Before anything has happened: of a seed, or of a download, in a swarm or from one peer after the other. */
export const initial = (
  { geometry }: Torrent,
  { isSeed, isSwarm }: { readonly isSwarm: boolean; readonly isSeed: boolean },
): Tally => ({
  geometry,
  wanted: { pieces: geometry.pieces, bytes: geometry.length, files: undefined },
  isSwarm,
  isSeed,
  checked: 0,
  present: 0,
  stored: 0,
  bytes: 0,
  bytesBefore: 0,
  pending: 0,
  given: 0,
  links: new Map(),
  webSeeds: new Set(),
  supply: undefined,
  down: Rate.none,
  up: Rate.none,
  began: undefined,
  done: false,
})

/** `now` is the time in milliseconds, by a clock that nobody sets. What an extension of a tally has beside it is kept. */
export const step = <Self extends Tally>(self: Self, event: DownloadEvent, now: number): Self => {
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
    case "Joined": {
      const standing = self.isSwarm ? "idle" : "supplying"
      return { ...self, links: linked(self, event, { standing, serving: false }), began: self.began ?? now }
    }
    case "Standing": {
      const { serving, standing } = event
      if (!self.links.has(NetAddress.formatInet(event.peer))) return self
      return { ...self, links: linked(self, event, { standing, serving }) }
    }
    case "Left": {
      const links = new Map(self.links)
      links.delete(NetAddress.formatInet(event.peer))
      return { ...self, links }
    }
    case "Received":
    case "WebSeedReceived":
      return grown(self, { ...self, pending: self.pending + event.bytes }, now)
    case "Sent":
      return { ...self, given: self.given + event.bytes, up: Rate.add(self.up, event.bytes, now) }
    case "WebSeedJoined":
      return { ...self, webSeeds: new Set(self.webSeeds).add(event.url), began: self.began ?? now }
    case "WebSeedLeft": {
      const webSeeds = new Set(self.webSeeds)
      webSeeds.delete(event.error.url)
      return { ...self, webSeeds }
    }
    case "Discarded":
      return { ...self, pending: self.pending - event.bytes }
    case "PieceCorrupt":
      return { ...self, pending: self.pending - Geometry.pieceSize(self.geometry, event.piece) }
    case "PieceStored":
      return grown(
        self,
        {
          ...self,
          stored: event.stored,
          bytes: self.bytes + event.bytes,
          pending: self.pending - event.bytes,
        },
        now,
      )
    case "Copies":
      return { ...self, supply: event }
    case "Done":
      return {
        ...self,
        stored: event.pieces,
        bytes: event.bytes,
        pending: 0,
        // Who is here stays for a seed.
        links: self.isSeed ? self.links : new Map(),
        done: true,
      }
    default:
      return self
  }
}

/** What came of late: bytes are reported with some delay, and a piece that is stored has arrived all the same. */
const grown = <Self extends Tally>(before: Self, after: Self, now: number): Self => {
  const came = known(after) - known(before)
  return came > 0 ? { ...after, down: Rate.add(after.down, came, now, foreseeing) } : after
}

const known = ({ bytes, pending }: Tally): number => bytes + Math.max(0, pending)

const linked = ({ links }: Tally, { peer }: { readonly peer: NetAddress.InetAddress }, dealing: Dealing) =>
  new Map(links).set(NetAddress.formatInet(peer), dealing)

/** How many bytes of the torrent have arrived, what was there before included. */
export const arrived = ({ bytes, pending, stored, wanted }: Tally): number =>
  Math.min(wanted.bytes, bytes + (stored === wanted.pieces ? 0 : Math.max(0, pending)))

/** What was given, by the length of what is wanted. */
export const ratio = ({ given, wanted }: Tally): number => given / Math.max(1, wanted.bytes)

/** Bytes per second over the last few seconds. */
export const rateDown = ({ began, down }: Tally, now: number): number => Rate.at(down, began, now)
/** How many bytes a second were given of late. */
export const rateUp = ({ began, up }: Tally, now: number): number => Rate.at(up, began, now)

/** Milliseconds until the end, at the rate of the last half minute, which changes less than that of now; `undefined` where nothing has come of late. */
export const timeLeft = (self: Tally, now: number): number | undefined => {
  const { began, down, wanted } = self
  if (rateDown(self, now) === 0) return undefined
  return ((wanted.bytes - arrived(self)) / Rate.at(down, began, now, foreseeing)) * 1000
}

/** How many of those that we are connected to give us something, and to how many we give. */
export const exchange = ({ links }: Tally): { readonly from: number; readonly to: number; readonly all: number } => {
  let [from, to] = [0, 0]
  for (const { serving, standing } of links.values()) {
    if (standing === "supplying") from++
    if (serving) to++
  }
  return { from, to, all: links.size }
}
