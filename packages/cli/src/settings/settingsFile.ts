/** The file in which settings are kept: TOML, a key for each flag; in a table that is named after a command, for that command alone. */
import { Effect, FileSystem, Path } from "effect"
import { homedir } from "node:os"
import { boundedText } from "../boundedBytes.ts"
import { inWords, platformInWords } from "../torrentFile.ts"
import type { Variables } from "./inEnvironment.ts"
import { lineOf } from "./lineOf.ts"
import { nearest } from "./nearest.ts"
import { type Fault, InvalidSettings } from "./Setting.ts"
import { tomlHint } from "./tomlHint.ts"

/** What is in the file: of all commands, and of each. */
export interface SettingsFile {
  readonly path: string
  readonly shared: Values
  readonly perCommand: ReadonlyMap<string, Values>
  /** What is wrong with the shape of it: tables of no command, and values that no flag has. */
  readonly faults: ReadonlyArray<Fault>
  /** The line of a table, or of a key in one, where it is known. */
  readonly lineOf: (path: ReadonlyArray<string>) => number | undefined
}

/** By the flag's name. */
export type Values = ReadonlyMap<string, Given>

/** What a key is set to. */
export interface Given {
  /** One for each time that the flag would be typed. */
  readonly values: ReadonlyArray<string>
  /** As they stand in the file: a text in quotes, a number without. */
  readonly written: ReadonlyArray<string>
}

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
    catch: (error) => {
      const line = lineOfError(error)
      const why = firstLine(error)
      return invalid(`make no sense as TOML: ${why}${tomlHint(text, line, why)}`, line)
    },
  })
  const find = (at: ReadonlyArray<string>) => lineOf(text, at)
  const faults: Array<Fault> = []
  const wrong = (at: ReadonlyArray<string>, why: string) => void faults.push({ from: path, line: find(at), why })
  const valuesIn = (entries: ReadonlyArray<readonly [string, unknown]>, ...table: ReadonlyArray<string>): Values => {
    const values = new Map<string, Given>()
    for (const [key, value] of entries) {
      const at = [...table, key]
      const given = givenBy(value)
      if (typeof given === "string") wrong(at, `give ${at.join(".")} ${given}`)
      else values.set(key, given)
    }
    return values
  }
  const shared = valuesIn(Object.entries(table).filter(([, value]) => !isTable(value)))
  const perCommand = new Map<string, Values>()
  for (const [name, value] of Object.entries(table)) {
    if (!isTable(value)) continue
    if (commands.includes(name)) perCommand.set(name, valuesIn(Object.entries(value), name))
    else {
      const likely = nearest(name, commands)
      const hint = likely === undefined ? "" : `; did you mean [${likely}]?`
      wrong([name], `have a table [${name}], and there is no such command${hint}`)
    }
  }
  return { path, shared, perCommand, faults, lineOf: find } satisfies SettingsFile
})

const contentOf = Effect.fnUntraced(function* (path: string, invalid: Invalid) {
  const { type } = yield* (yield* FileSystem.FileSystem).stat(path)
  if (type === "Directory") return yield* invalid("cannot be read: it is a folder")
  const text = yield* boundedText(path, maxBytes).pipe(
    Effect.mapError(({ cause }) => invalid(`cannot be read: ${inWords(cause) ?? String(cause)}`)),
  )
  return text ?? (yield* invalid("are longer than settings can be (1 MiB)"))
})

type Invalid = (why: string, line?: number) => InvalidSettings

/** A key's values; or what is wrong with them. */
const givenBy = (value: unknown): Given | string => {
  const all = Array.isArray(value) ? value : [value]
  const values = all.filter(isValue)
  if (values.length < all.length)
    return "a value that no flag has; it takes a text, a number, true or false, or a list of these"
  if (values.includes("")) return "an empty value"
  if (values.some((one) => String(one).includes("\0"))) return "a value with a NUL in it"
  return {
    values: values.map((one) => (typeof one === "string" ? atHome(one) : String(one))),
    written: values.map((one) => (typeof one === "string" ? JSON.stringify(one) : String(one))),
  }
}

const isValue = (value: unknown): value is string | number | bigint | boolean =>
  ["string", "number", "bigint", "boolean"].includes(typeof value)

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
