/**
 * Which flags can be set once and for all: those that say how something is done. What says which torrent, or which of its files, it is about, what a torrent says of itself, or what is to be done now is typed each time: a name
 * that lies about in somebody's environment must not become that of their torrents.
 */

/** By the names of the flags. */
const ofTheMoment: ReadonlySet<string> = new Set([
  // Which torrents, and which of their files.
  "files",
  "list",
  "not",
  "watch",
  // What a torrent says of itself.
  "comment",
  "name",
  "no-comment",
  "no-trackers",
  "private",
  "source",
  "tracker",
  "web-seed",
  // What is to be done, and into which file.
  "all",
  "create",
  "html",
  "magnet",
  "save",
  "svg",
])

/** Where the same flag is of another kind: a download's `output` is a folder for whatever comes. */
const ofTheMomentIn: Readonly<Record<string, ReadonlySet<string>>> = {
  create: new Set(["output"]),
  edit: new Set(["output", "no-web-seeds"]),
}

/** How a torrent is made: of no use to a seed that makes none. So is leave to replace a file to who names none. */
const ofCreation: ReadonlySet<string> = new Set([
  "follow-links",
  "force",
  "no-date",
  "no-empty",
  "no-hidden",
  "order",
  "piece-length",
  "threads",
])

export const isSettable = (command: string, name: string): boolean =>
  !ofTheMoment.has(name) && ofTheMomentIn[command]?.has(name) !== true

/** Whether a setting has anything to do with what was typed. */
export const isInPlay = (command: string, name: string, typed: ReadonlySet<string>): boolean =>
  (command !== "seed" || !ofCreation.has(name) || typed.has("create")) &&
  (name !== "force" || command === "create" || typed.has(command === "edit" ? "output" : "save"))
