/** Flags about a torrent that is made or changed. */
import { AnnounceUrl, FilePath, PieceLength, Utf8 } from "@unchoke/protocol"
import { Option, Result } from "effect"
import { Flag } from "effect/cli"
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

/** Whether it is one that clients take, and not a path. */
const isName = (name: string): boolean =>
  !/[/\\]/.test(name) && Result.getOrElse(FilePath.safeName(Utf8.fromText(name)), () => "") !== ""

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
  name: Flag.String("name").pipe(
    Flag.withMetavar("text"),
    Flag.withDescription("What it is called (default: as the file or folder)"),
    Flag.filter(isName, () => "a name that a file can have, without a slash"),
    Flag.optional,
  ),
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
  flags: CreationFlags & { readonly save: Option.Option<string>; readonly force: boolean },
): string | undefined => {
  const usual: Readonly<Record<string, unknown>> = { order: "bytes" }
  const names = [...Object.keys(creation), "save", "force"] as ReadonlyArray<keyof typeof flags>
  const isGiven = (value: unknown, name: string) =>
    Option.isOption(value)
      ? Option.isSome(value)
      : Array.isArray(value)
        ? value.length > 0
        : value !== (usual[name] ?? false)
  const given = names.find((name) => isGiven(flags[name], name))
  return given?.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
