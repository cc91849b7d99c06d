/** The file in which settings are kept: TOML, a key for each flag; in a table that is named after a command, for that command alone. */
import { Effect, FileSystem, Path } from "effect"
import { homedir } from "node:os"
import { boundedText } from "../boundedBytes.ts"
import { inWords, platformInWords } from "../torrentFile.ts"
import type { Variables } from "./inEnvironment.ts"
import { lineOf } from "./lineOf.ts"
import { nearest } from "./nearest.ts"
import { InvalidSettings } from "./Setting.ts"

/** What is in the file: of all commands, and of each. */
export interface SettingsFile {
  readonly path: string
  readonly shared: Values
  readonly perCommand: ReadonlyMap<string, Values>
  /** The line of a table, or of a key in one, where it is known. */
  readonly lineOf: (path: ReadonlyArray<string>) => number | undefined
}

/** By the flag's name. */
export type Values = ReadonlyMap<string, ReadonlyArray<string>>

/** Longer than this it is something else. */
const maxBytes = 1 << 20

/** Where it is as a rule, by the XDG base directory specification, which wants a relative path to be ignored. */
export const usualPath = Effect.fnUntraced(function* (environment: Variables) {
  const path = yield* Path.Path
  const given = environment["XDG_CONFIG_HOME"]
  const folder = given !== undefined && path.isAbsolute(given) ? given : path.join(homedir(), ".config")
  return path.join(folder, "unchoke", "config.toml")
})

/** Nothing where there is no file and nobody has named one. */
export const readSettings = Effect.fnUntraced(function* (
  named: string | undefined,
  environment: Variables,
  commands: ReadonlyArray<string>,
) {
  const path = named ?? (yield* usualPath(environment))
  const invalid: Invalid = (why, line) => new InvalidSettings({ faults: [{ from: path, why, line }] })
  const text = yield* contentOf(path, invalid).pipe(
    Effect.catchTag("PlatformError", (error) =>
      named === undefined && error.reason._tag === "NotFound"
        ? Effect.succeed(undefined)
        : Effect.fail(invalid(`cannot be read: ${platformInWords(error)}`)),
    ),
  )
  if (text === undefined) return undefined
  const { parse } = yield* Effect.promise(() => import("smol-toml"))
  const table = yield* Effect.try({
    try: () => parse(text) as Readonly<Record<string, unknown>>,
    catch: (error) => invalid(`make no sense as TOML: ${firstLine(error)}`, lineOfError(error)),
  })
  const find = (at: ReadonlyArray<string>) => lineOf(text, at)
  const invalidAt: InvalidAt = (at, why) => invalid(why, find(at))
  const shared = new Map<string, ReadonlyArray<string>>()
  const perCommand = new Map<string, Values>()
  for (const [key, value] of Object.entries(table)) {
    if (!isTable(value)) shared.set(key, yield* valuesOf([key], value, invalidAt))
    else if (commands.includes(key)) perCommand.set(key, yield* tableOf(key, value, invalidAt))
    else {
      const likely = nearest(key, commands)
      const hint = likely === undefined ? "" : `; did you mean [${likely}]?`
      return yield* invalidAt([key], `have a table [${key}], and there is no such command${hint}`)
    }
  }
  return { path, shared, perCommand, lineOf: find } satisfies SettingsFile
})

const contentOf = Effect.fnUntraced(function* (path: string, invalid: Invalid) {
  const { type } = yield* (yield* FileSystem.FileSystem).stat(path)
  if (type === "Directory") return yield* invalid("cannot be read: it is a folder")
  const text = yield* boundedText(path, maxBytes).pipe(
    Effect.mapError(({ cause }) => invalid(`cannot be read: ${inWords(cause) ?? String(cause)}`)),
  )
  return text ?? (yield* invalid("are longer than settings can be (1 MiB)"))
})

const tableOf = Effect.fnUntraced(function* (
  name: string,
  table: Readonly<Record<string, unknown>>,
  invalid: InvalidAt,
) {
  const values = new Map<string, ReadonlyArray<string>>()
  for (const [key, value] of Object.entries(table)) values.set(key, yield* valuesOf([name, key], value, invalid))
  return values
})

type Invalid = (why: string, line?: number) => InvalidSettings

/** `at` is the key, behind its table. */
type InvalidAt = (at: ReadonlyArray<string>, why: string) => InvalidSettings

const valuesOf = (
  at: ReadonlyArray<string>,
  value: unknown,
  invalid: InvalidAt,
): Effect.Effect<ReadonlyArray<string>, InvalidSettings> => {
  const values = (Array.isArray(value) ? value : [value]).map(textOf)
  const key = at.join(".")
  if (values.includes("")) return Effect.fail(invalid(at, `give ${key} an empty value`))
  if (values.some((text) => text?.includes("\0")))
    return Effect.fail(invalid(at, `give ${key} a value with a NUL in it`))
  return values.every((text) => text !== undefined)
    ? Effect.succeed(values)
    : Effect.fail(
        invalid(
          at,
          `give ${key} a value that no flag has; it takes a text, a number, true or false, or a list of these`,
        ),
      )
}

const textOf = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return atHome(value)
    case "number":
    case "bigint":
    case "boolean":
      return String(value)
    default:
      return undefined
  }
}

/** What a shell makes of it. */
const atHome = (text: string): string => (text.startsWith("~/") ? homedir() + text.slice(1) : text)

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** The parser goes on with a picture of the place. */
const firstLine = (error: unknown): string => {
  const [first = ""] = (error instanceof Error ? error.message : String(error)).split("\n")
  return first.replace(/^Invalid TOML document: /, "")
}

const lineOfError = (error: unknown): number | undefined =>
  typeof error === "object" && error !== null && "line" in error ? Number(error.line) : undefined
