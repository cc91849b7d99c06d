/** Flags about a torrent that is made or changed, and its making as a user follows it. */
import type { CreateOptions } from "@unchoke/node"
import { AnnounceUrl, MagnetLink, PieceLength } from "@unchoke/protocol"
import { Effect, Option, Result, Stream } from "effect"
import { Flag } from "effect/cli"
import { type Created, type CreationEvent, Self, type StorageError, Torrent, type Uncreatable } from "unchoke"
import { Interruption } from "../Interruption.ts"
import { createdJson, createdLines, creationLine, creationNote, foundNote, omittedInAll } from "../render/creation.ts"
import * as Screen from "../Screen.ts"
import type { Unwritable } from "../torrentFile.ts"
import { nameFor, placeOf, write } from "../torrentOutput.ts"
import { interruptedLine } from "./explained.ts"
import { fact } from "./options.ts"
import { bytesFromText, wholeFromText } from "./quantities.ts"

/** An URL of one of these schemes with a host that we would call; others call by WebSocket too. */
const isUrl = (schemes: RegExp) => (url: string) =>
  schemes.test(url) && Result.isSuccess(AnnounceUrl.fromString(url.replace(/^ws(?=s?:)/i, "http")))

const isTracker = isUrl(/^(?:https?|wss?|udp):/i)
const isWebSeed = isUrl(/^https?:/i)

/** Commas that stand in an URL are followed by no scheme. */
const tierFromText = (text: string): Option.Option<ReadonlyArray<string>> =>
  Option.filter(Option.some(text.split(/,(?=[a-z]+:\/\/)/i).map((url) => url.trim())), (urls) => urls.every(isTracker))

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("text"), Flag.withDescription(description), Flag.optional)

/** Who is asked for peers, and what else has the files. */
export const surroundings = {
  tracker: Flag.String("tracker").pipe(
    Flag.withAlias("t"),
    Flag.withMetavar("url[,url]"),
    Flag.withDescription(
      "A tracker, as often as you like; each is a tier of its own, asked when those before do not answer. Trackers joined by commas are one tier",
    ),
    Flag.filterMap(tierFromText, () => "an address such as udp://tracker.example.org:6969/announce or https://…"),
    Flag.atLeast(0),
  ),
  webSeed: Flag.String("web-seed").pipe(
    Flag.withAlias("w"),
    Flag.withMetavar("url"),
    Flag.withDescription("A web server that has the files too, as often as you like; of a folder, where that is"),
    Flag.filter(isWebSeed, () => "an address that begins with http:// or https://, without a user name"),
    Flag.atLeast(0),
  ),
  comment: text("comment", "What is to be said about it").pipe(Flag.withAlias("c")),
}

const outputMeans = "The .torrent file (default: <name>.torrent in the working folder; - is the standard output)"

export const output = (description: string = outputMeans) =>
  Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("file"),
    Flag.withDescription(description),
    Flag.optional,
  )

export const force = fact("force", "Replace the .torrent file that is there")

/** What torrent is made. */
export const creation = {
  ...surroundings,
  private: fact("private", "Peers may come from its trackers alone (changes the info hash)"),
  source: text("source", "Sets it apart from a torrent of the same files elsewhere (changes the info hash)"),
  name: text("name", "What it is called (default: as the file or folder)"),
  pieceLength: Flag.String("piece-length").pipe(
    Flag.withAlias("l"),
    Flag.withMetavar("bytes"),
    Flag.withDescription("A power of two from 16KiB to 512MiB, such as 1MiB (default: by the size, up to 16MiB)"),
    Flag.filterMap(
      (text) => Option.filter(bytesFromText(text), (bytes) => PieceLength.whyNot(bytes) === undefined),
      () => "a power of two from 16KiB to 512MiB, such as 256KiB or 1MiB",
    ),
    Flag.optional,
  ),
  noHidden: fact("no-hidden", "Leave out files and folders whose names begin with a dot"),
  noEmpty: fact("no-empty", "Leave out files without a byte, as transmission 3 does"),
  followLinks: fact("follow-links", "Take what a symbolic link leads to, as mktorrent does, rather than the link"),
  order: Flag.Literals("order", ["bytes", "letters"]).pipe(
    Flag.withMetavar("bytes|letters"),
    Flag.withDefault("bytes"),
    Flag.withDescription("The order of the files: as mktorrent's, or whatever their case, as transmission 3's"),
  ),
  noDate: fact("no-date", "Do not write when it was made: the same content makes the same file"),
  threads: Flag.String("threads").pipe(
    Flag.withMetavar("1..64"),
    Flag.withDescription("How many threads read and hash (default: one for each core)"),
    Flag.filterMap(wholeFromText(1, 64), () => "a whole number from 1 to 64"),
    Flag.optional,
  ),
}

type OptionOf<F> = F extends Flag.Flag<infer A> ? A : never
export type CreationFlags = { readonly [Name in keyof typeof creation]: OptionOf<(typeof creation)[Name]> }

/** Which of them was given, if any. */
export const creationGiven = (
  flags: CreationFlags & { readonly output: Option.Option<string>; readonly force: boolean },
): string | undefined => {
  const usual: Readonly<Record<string, unknown>> = { order: "bytes" }
  const names = [...Object.keys(creation), "output", "force"] as ReadonlyArray<keyof typeof flags>
  const isGiven = (value: unknown, name: string) =>
    Option.isOption(value)
      ? Option.isSome(value)
      : Array.isArray(value)
        ? value.length > 0
        : value !== (usual[name] ?? false)
  const given = names.find((name) => isGiven(flags[name], name))
  return given?.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

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
