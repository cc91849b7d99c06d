/** What is wrong with settings by themselves, whichever command they are for: keys that are none, and values that their flags do not take. All of it at once. */
import { Effect, Option } from "effect"
import { inEnvironment, type Variables } from "./inEnvironment.ts"
import { type FlagShape, Manual } from "./Manual.ts"
import { listed } from "../render/unasked.ts"
import { nearest } from "./nearest.ts"
import type { Fault } from "./Setting.ts"
import { isSettable } from "./settable.ts"
import type { SettingsFile, Values } from "./settingsFile.ts"

export const faultsIn = Effect.fnUntraced(function* (file: SettingsFile | undefined, environment: Variables) {
  const { commands, flagsOf } = yield* Manual
  const uses = yield* Effect.forEach(commands, (command) =>
    Effect.map(flagsOf(command), (flags) => flags.map((flag): Use => ({ command, flag }))),
  )
  const all = uses.flat()
  const settable = all.filter(isOfSetting)
  return [
    ...(file === undefined ? [] : yield* faultsInFile(file, all)),
    ...(yield* faultsInVariables(settable, environment)),
  ]
})

/** In the order of its lines. */
const faultsInFile = Effect.fnUntraced(function* (file: SettingsFile, all: ReadonlyArray<Use>) {
  const tables = [[undefined, file.shared] as const, ...file.perCommand]
  const faults = yield* Effect.forEach(tables, ([table, values]) => faultsInTable(file, table, values, all))
  return [...file.faults, ...faults.flat()].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
})

/** A command's flag. */
interface Use {
  readonly command: string
  readonly flag: FlagShape
}

const isOfSetting = ({ command, flag }: Use): boolean => isSettable(command, flag.name)

/** Of the file's keys outside all tables, or of those in a command's. */
const faultsInTable = Effect.fnUntraced(function* (
  file: SettingsFile,
  table: string | undefined,
  values: Values,
  everybody: ReadonlyArray<Use>,
) {
  const all = table === undefined ? everybody : everybody.filter(({ command }) => command === table)
  const settable = all.filter(isOfSetting)
  const faults: Array<Fault> = []
  for (const [key, given] of values) {
    const where = table === undefined ? key : `[${table}] ${key}`
    const at = { from: file.path, line: file.lineOf(table === undefined ? [key] : [table, key]) }
    const takers = settable.filter(({ flag }) => flag.name === key)
    if (takers.length > 0) {
      const expected = yield* firstExpected(takers, key, given.values)
      if (Option.isSome(expected)) {
        faults.push({ ...at, why: `set ${where} to ${given.written.join(", ")}; it takes ${expected.value}` })
      }
    } else if (all.some(({ flag }) => flag.name === key)) {
      faults.push({
        ...at,
        why: `name ${where}, which is no setting: it says what a command is about, and is typed each time`,
      })
    } else if (everybody.some(({ flag }) => flag.name === key)) {
      const owners = everybody.filter(({ flag }) => flag.name === key).map(({ command }) => command)
      faults.push({ ...at, why: `name ${where}, and ${table} has no such flag: ${key} is one of ${listed(owners)}` })
    } else {
      const likely = nearest(key, [...new Set(settable.map(({ flag }) => flag.name))])
      const hint = likely === undefined ? "" : `; did you mean ${likely}?`
      faults.push({ ...at, why: `name a flag that there is not: ${where}${hint}` })
    }
  }
  return faults
})

/** Of the variables that are settings: others in the environment may be anybody's. */
const faultsInVariables = Effect.fnUntraced(function* (settable: ReadonlyArray<Use>, environment: Variables) {
  const faults: Array<Fault> = []
  const byName = Map.groupBy(settable, ({ flag }) => flag.name)
  for (const [name, takers] of byName) {
    const setting = inEnvironment(takers[0]!.flag, environment)
    if (setting === undefined) continue
    const expected = yield* firstExpected(takers, name, setting.values)
    if (Option.isSome(expected)) {
      faults.push({ from: setting.from, why: `is ${quoted(setting.values)}; it takes ${expected.value}` })
    }
  }
  return faults
})

/** What a flag takes, of the first command that does not take this. */
const firstExpected = Effect.fnUntraced(function* (
  takers: ReadonlyArray<Use>,
  name: string,
  values: ReadonlyArray<string>,
) {
  const { expected } = yield* Manual
  // A flag that is said to be the same takes the same.
  const kinds = new Map(takers.map((use) => [use.flag.description, use.command]))
  for (const command of kinds.values()) {
    const wanted = yield* expected(command, name, values)
    if (Option.isSome(wanted)) return wanted
  }
  return Option.none<string>()
})

const quoted = (values: ReadonlyArray<string>): string => values.map((value) => JSON.stringify(value)).join(", ")
