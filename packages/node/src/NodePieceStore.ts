/**
 * The `PieceStore` port on Node's file system.
 *
 * Files are created sparse in their full length and written at places. Hashing and writing happen in a thread of their own; until it has started (some
 * 30 ms, a good part of a small download) the work is done here. What is stored is remembered in a file beside them until all is there (`ResumeFile`).
 *
 * Invariants: a file gets its name, and the last piece is reported as stored, only when all is still as we left it, or was read again and is right; what is not
 * this torrent's is not touched (`claimAll`); a file that is neither chosen nor there is not made, and what pieces across its border have of it lies in the border's file; where nothing has
 * become right, nothing is left (`leaveNothing`); who locks a folder has it until nothing is written any more.
 */
import { Bitfield } from "@unchoke/protocol"
import { Effect, FiberHandle, Layer, type Scope, Semaphore, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type OpenOptions, PieceStore, type StoredTorrent, type Torrent } from "@unchoke/engine"
import { bestDisk } from "./bestDisk.ts"
import { bringToDiskRegularly } from "./bringToDisk.ts"
import { checkPieces } from "./checkPieces.ts"
import { type Claim, claimAll } from "./Claim.ts"
import type { Disk, Layout } from "./Disk.ts"
import { fileDescriptors } from "./fileDescriptors.ts"
import { filePlaces } from "./filePlaces.ts"
import { fileStamps } from "./fileStamps.ts"
import { FileSurvey, isHidden } from "./FileSurvey.ts"
import { findAsides } from "./findAsides.ts"
import * as FolderLock from "./FolderLock.ts"
import { insideFolder } from "./insideFolder.ts"
import { layoutOf } from "./layoutOf.ts"
import { leaveNothing } from "./leaveNothing.ts"
import { isLinked, makeLinks } from "./makeLinks.ts"
import { missingPieces } from "./missingPieces.ts"
import { PieceBuffers } from "./PieceBuffers.ts"
import * as PieceReader from "./PieceReader.ts"
import { PieceSpans } from "./PieceSpans.ts"
import { prepareFiles } from "./prepareFiles.ts"
import { ReadDescriptors } from "./ReadDescriptors.ts"
import * as ResumeFile from "./ResumeFile.ts"
import { PieceState } from "./ResumeRecord.ts"
import { settle } from "./settle.ts"
import { whichOfTwo } from "./whichOfTwo.ts"
import { WriteQueue } from "./WriteQueue.ts"

/** Where the work is done. */
export type DiskOf = (layout: Layout, length: number) => Effect.Effect<Disk, never, Scope.Scope>

/** The piece store on a disk of one's choice; everything but the torrent's bytes is read and written on the file system given. */
export const layerOn = (diskOf: DiskOf, fs: typeof Fs = Fs): Layer.Layer<PieceStore> => {
  const opened = new ReadDescriptors(fs)
  return Layer.succeed(PieceStore)({
    open: Effect.fnUntraced(function* (torrent: Torrent, folder: string, options: OpenOptions = {}) {
      const { files, geometry } = torrent
      const { choice } = options
      const isChosen = (file: number) => choice === undefined || choice.has(file)
      const isWanted = (piece: number) => choice === undefined || choice.wants(piece)
      const overwrite = options.overwrite === true
      // A torrent may call a piece longer than all it has.
      const pieceLength = Math.min(geometry.pieceLength, geometry.length)
      const buffers = new PieceBuffers(pieceLength, options.readOnly === true ? 0 : geometry.pieces)
      const layout = yield* layoutOf(torrent, Path.resolve(folder), buffers)
      const places = filePlaces(layout)
      const missing = missingPieces(layout)
      // Before the disk, so that it is given up when the disk has ended.
      const lock = yield* FolderLock.make(fs, `${layout.record}.lock`)
      let leave: (() => void) | undefined
      // When the disk has ended, and nobody else has been let in.
      yield* Effect.addFinalizer(() => Effect.sync(() => leave?.()))
      const disk = yield* diskOf(layout, geometry.length)
      const spans = new PieceSpans(torrent, (file) => places.is(file, "aside"))
      const queue = new WriteQueue(torrent, disk, spans, buffers)
      // Before the disk ends.
      yield* Effect.addFinalizer(() => Effect.sync(() => queue.close()))
      const inside = insideFolder(fs, layout, places)
      const stamps = fileStamps(layout)
      const descriptors = fileDescriptors(fs, places, inside)
      const reader = yield* PieceReader.make({
        fs,
        spans,
        places,
        stamps,
        descriptors,
        inside,
        opened,
        border: layout.border,
      })
      const record = new ResumeFile.ResumeFile(fs, torrent, layout)
      const bringing = yield* FiberHandle.make<void>()

      const isAside = (file: number) => places.is(file, "aside")

      let there = Bitfield.Bitfield.empty(geometry.pieces)
      /** How many pieces the last look was at: it counts when it was at all of them. */
      let looked = 0
      /** What the last look has shown, and what follows from it. */
      let survey: FileSurvey | undefined
      let claims: ReadonlyMap<number, Claim> | undefined

      // A piece of padding alone is there without any file.
      const padded = files.some(({ padding }) => padding)
      const inspect = Effect.gen(function* () {
        const found = yield* FileSurvey.make(fs, torrent, layout, places)
        yield* whichOfTwo(fs, torrent, disk, spans, places, found)
        yield* findAsides({ layout, places, disk, spans, survey: found, recalled: () => record.claims })
        return found
      })
      const look = (recall: (survey: FileSurvey) => Effect.Effect<Uint8Array | undefined>) =>
        Stream.unwrap(
          Effect.gen(function* () {
            const found = yield* inspect
            there = Bitfield.Bitfield.empty(geometry.pieces)
            looked = 0
            survey = found
            claims = undefined
            const state = found.fresh && !padded ? PieceState.missing : PieceState.unsure
            const states = (yield* recall(found)) ?? new Uint8Array(geometry.pieces).fill(state)
            return Stream.map(checkPieces(disk, spans, geometry, states), (checked) => {
              looked++
              if (checked.present) there.add(checked.piece)
              return checked
            })
          }),
        )
      const claim = Effect.gen(function* () {
        if (claims !== undefined) return claims
        survey ??= yield* inspect
        const remembered = survey.fresh ? undefined : record.claims
        return (claims = yield* claimAll({
          fs,
          torrent,
          layout,
          places,
          survey,
          disk,
          there,
          remembered,
          overwrite,
          isChosen,
        }))
      }).pipe(Effect.tapError(() => Effect.sync(() => (survey = undefined))))
      /** All of it is there, and it has not got its name: it was not as we had left it, or we were killed before. */
      const isUnfinished = (file: number) => missing.isComplete(file) && places.is(file, "part") && !isAside(file)
      const every = [...files.keys()].filter((file) => layout.lengths[file]! > 0)
      /** One after the other: what is complete is read again once, however many pieces have become its last at the same time. */
      const settling = Semaphore.makeUnsafe(1)
      const complete = (due: () => ReadonlyArray<number>) =>
        settling.withPermits(1)(Effect.suspend(() => settle({ torrent, disk, spans, places }, due())))
      /** How many pieces are wanted and not there. */
      let lacking = Infinity
      /** What has to be as we left it when all that is wanted is there. */
      const due = () =>
        every.filter((file) => !isAside(file) && (isChosen(file) ? missing.isComplete(file) : isUnfinished(file)))
      /** All of the torrent is in its place: there is nothing to remember. */
      const isWhole = () => there.complete && !every.some(isAside)
      const forget = () => record.removeAll(places.absolute(layout.border))

      const stored: StoredTorrent = {
        lock: Effect.tap(lock.take, () => Effect.sync(() => disk.wake?.())),
        check: look(() => Effect.undefined),
        resume: look((found) => (found.fresh ? Effect.undefined : record.recall(found, isAside, options.seen))),
        found: Effect.map(inspect, (found) => {
          const remembered = record.claims
          return files.map(({ link }, file) => {
            const seen = link === undefined ? found.at(file) : undefined
            const path = places.absolute(file)
            return {
              chosen: remembered?.wasChosen(file) !== false,
              path,
              unreadable: seen === undefined && link === undefined && isHidden(fs, path),
              size: seen === undefined || seen.size < 0 ? undefined : seen.size,
              unfinished: seen !== undefined && places.is(file, "part"),
              linked: link !== undefined && isLinked(fs, torrent, places, file),
            }
          })
        }),
        claim: Effect.asVoid(claim),
        prepare: Effect.gen(function* () {
          yield* lock.take
          yield* FiberHandle.run(bringing, bringToDiskRegularly(layout, places), { onlyIfMissing: true })
          const decided = yield* claim
          if (survey!.fresh) {
            const leaveFiles = leaveNothing({ fs, torrent, layout, places, stamps })
            const hadBorder = survey!.at(layout.border) !== undefined
            leave = () => {
              if (there.count > 0 || lacking === 0) return
              leaveFiles()
              if (hadBorder) record.remove()
              else forget()
            }
          }
          const looking = { fs, torrent, layout, places, survey: survey!, disk, spans, there }
          yield* prepareFiles({ ...looking, claims: decided, overwrite, isChosen })
          missing.begin(spans.missingOf(there), (piece) => there.has(piece))
          yield* complete(() => [...files.keys()].filter((file) => isUnfinished(file)))
          // The record of a torrent that was not looked at would deny what is there.
          lacking = 0
          for (let piece = 0; piece < geometry.pieces; piece++) {
            if (isWanted(piece) && !there.has(piece)) lacking++
          }
          if (looked === geometry.pieces && !isWhole()) {
            const isOurs = (file: number) => !places.is(file, "kept") || places.is(file, "ours")
            record.begin((piece) => there.has(piece), { isOurs, isAside, isChosen })
          } else if (looked === geometry.pieces) forget()
          else record.remove()
        }),
        lend: () => buffers.lend(),
        giveBack: (buffer) => buffers.giveBack(buffer),
        write: Effect.fnUntraced(function* (piece, buffer) {
          const verdict = yield* queue.write(piece, buffer)
          if (verdict === "corrupt" || there.has(piece)) return verdict
          there.add(piece)
          if (isWanted(piece)) lacking--
          const isDone = lacking === 0 || there.complete
          yield* complete(() => (isDone ? due() : spans.filesOf(piece).filter(isUnfinished)))
          if (isWhole()) forget()
          return verdict
        }),
        retire: Effect.suspend(() => {
          buffers.close()
          disk.retire?.()
          return FiberHandle.clear(bringing)
        }),
        read: reader.read,
        link: makeLinks(fs, torrent, places, inside, isChosen),
      }
      return stored
    }),
  })
}

/** A thread of its own, except for small torrents. */
export const layer: Layer.Layer<PieceStore> = Layer.suspend(() => layerOn(bestDisk))
