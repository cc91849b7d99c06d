/** The making of a torrent, as a user follows it. */
import type { CreateOptions } from "@unchoke/node"
import { MagnetLink } from "@unchoke/protocol"
import { Effect, Option, Stream } from "effect"
import { type Created, type CreationEvent, type StorageError, Torrent, type Uncreatable } from "@unchoke/engine"
import { Self } from "@unchoke/engine/internal"
import { Interruption } from "../Interruption.ts"
import { createdJson, createdLines, creationLine, creationNote, foundNote, omittedInAll } from "../render/creation.ts"
import * as Screen from "../Screen.ts"
import type { Unwritable } from "../torrentFile.ts"
import { nameFor, placeOf, write } from "../output.ts"
import type { CreationFlags } from "./creationFlags.ts"
import { interruptedLine } from "./explained.ts"

const optionsOf = (flags: CreationFlags, except: string | undefined, now: number): CreateOptions => ({
  trackers: flags.tracker,
  webSeeds: flags.webSeed,
  comment: Option.getOrUndefined(flags.comment),
  private: flags.private,
  source: Option.getOrUndefined(flags.source),
  name: Option.getOrUndefined(flags.name),
  pieceLength: Option.getOrUndefined(flags.pieceLength),
  hidden: !flags.noHidden,
  empty: !flags.noEmpty,
  followLinks: flags.followLinks,
  order: flags.order,
  threads: Option.getOrUndefined(flags.threads),
  createdBy: `unchoke/${Self.version}`,
  creationDate: flags.noDate ? undefined : Math.floor(now / 1000),
  except,
})

/** So many things that are left out are told one by one. */
const mostNotes = 10

/** A torrent that was made, and where it was written. */
type Made = Created & { readonly path: string | undefined }

/** Makes the torrent of what is at `path`, and writes it where `output` says; `undefined` writes nothing. */
export const created = Effect.fnUntraced(function* (
  path: string,
  flags: CreationFlags & { readonly force: boolean; readonly json: boolean; readonly quiet: boolean },
  output: string | undefined,
): Effect.fn.Return<Made, StorageError | Uncreatable | Unwritable, Interruption | Screen.Screen> {
  const fileName = nameFor(path, Option.getOrUndefined(flags.name))
  const place = output === undefined ? undefined : yield* placeOf(output, fileName, flags.force)
  const { createTorrent } = yield* Effect.promise(() => import("../nodeCreation.ts"))
  const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  const events = createTorrent(path, optionsOf(flags, place?.absolute, now))
  const following = follow(events, flags)
  const made = yield* flags.quiet ? Effect.provideServiceEffect(following, Screen.Screen, Screen.silent) : following
  if (flags.private && flags.tracker.length === 0 && !flags.quiet) yield* Screen.note(lonely)
  if (place !== undefined) yield* write(place, made.bytes)
  return { ...made, path: place?.path }
})

const lonely =
  "It is private and names no tracker: nobody can be found who has it. Give --tracker, or leave out --private."

/** Says what was made: its hash and a link, on the output unless the torrent itself is there. */
export const sayCreated = Effect.fnUntraced(function* (
  made: Made,
  flags: { readonly json: boolean; readonly quiet: boolean },
  took: number,
) {
  if (flags.json) return yield* Screen.print(JSON.stringify({ _tag: "Created", ...createdJson(made) }))
  if (flags.quiet) return
  const { out } = yield* Screen.Screen
  const say = made.path === "-" ? Screen.note : Screen.say
  yield* Effect.forEach(createdLines(made, took, out), say, { discard: true })
  yield* say(MagnetLink.toString(Torrent.toLink(made.torrent)))
})

/** So many lines at most tell how far it is. */
const mostHashedLines = 100

const follow = Effect.fnUntraced(function* <E>(
  events: Stream.Stream<CreationEvent, E>,
  { json }: { readonly json: boolean },
): Effect.fn.Return<Created, E, Interruption | Screen.Screen> {
  const interruption = yield* Interruption
  const { err } = yield* Screen.Screen
  const began = yield* Screen.monotonic
  let bytes = 0
  let length = 0
  let created: Created | undefined
  let printed = 0
  let noted = 0
  const tell = (event: CreationEvent): Effect.Effect<void, never, Screen.Screen> => {
    switch (event._tag) {
      case "Omitted":
      case "Renamed":
        if (json) return Screen.print(JSON.stringify(event))
        return ++noted > mostNotes ? Effect.void : Screen.note(creationNote(event))
      case "Found":
        length = event.length
        return json ? Screen.print(JSON.stringify(event)) : Screen.note(foundNote(event, err))
      case "Hashed":
        bytes = event.bytes
        if (!json || (bytes < length && bytes - printed < length / mostHashedLines)) return Effect.void
        printed = bytes
        return Screen.print(JSON.stringify(event))
      case "Created":
        created = event
        return noted > mostNotes && !json ? Screen.note(omittedInAll(noted - mostNotes)) : Effect.void
    }
  }
  yield* Effect.gen(function* () {
    if (!json) yield* Screen.follow((now, columns, style) => creationLine(bytes, length, now - began, columns, style))
    yield* Stream.runForEach(events, tell)
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() =>
      json ? Screen.print(interruptedLine(interruption, {})) : Screen.note("Stopped: nothing was written."),
    ),
  )
  // A stream that does not fail ends with it.
  return created!
})
