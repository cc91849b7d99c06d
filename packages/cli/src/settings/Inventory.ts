/** All settings that there are, and what they are set to. */
import { Effect } from "effect"
import { nameOf, strangersIn, variableOf } from "./inEnvironment.ts"
import { Invoked } from "./Invoked.ts"
import { type FlagShape, Manual } from "./Manual.ts"
import { isSettable } from "./settable.ts"
import { nearest } from "./nearest.ts"
import { fileOf, settingOf } from "./settled.ts"
import { readSettings, usualPath } from "./settingsFile.ts"

export interface Inventory {
  readonly path: string
  /** Whether there is such a file. */
  readonly exists: boolean
  readonly entries: ReadonlyArray<Entry>
  /** Variables that look like settings and are none. */
  readonly strangers: ReadonlyArray<Stranger>
}

export interface Stranger {
  readonly variable: string
  /** Whether there is a flag of that name, which is no setting. */
  readonly isTyped: boolean
  /** The variable that was probably meant. */
  readonly likely: string | undefined
}

/** A flag, and what it is set to and means for these commands. */
export interface Entry {
  readonly name: string
  /** Those for which it holds; of all that have the flag, unless it is set differently for some. */
  readonly commands: ReadonlyArray<string>
  readonly isForAll: boolean
  /** None: nothing sets it. */
  readonly values: ReadonlyArray<string>
  /** The file's path or the variable's name. */
  readonly from: string | undefined
  readonly description: string
}

/** Where a flag is said to be different things by its commands it is one entry for each, if `apart`. */
export const taken = Effect.fnUntraced(function* (apart: boolean) {
  const { commands, flagsOf } = yield* Manual
  const { args, environment } = yield* Invoked
  const named = fileOf(args, environment)
  const path = named ?? (yield* usualPath(environment))
  const file = yield* readSettings(named, environment, commands)
  const byName = new Map<string, Array<{ readonly command: string; readonly flag: FlagShape }>>()
  const typedOnly = new Set<string>()
  for (const command of commands) {
    for (const flag of yield* flagsOf(command)) {
      if (!isSettable(command, flag.name)) {
        typedOnly.add(flag.name)
        continue
      }
      byName.set(flag.name, [...(byName.get(flag.name) ?? []), { command, flag }])
    }
  }
  const entries = [...byName.values()].flatMap((uses): ReadonlyArray<Entry> => {
    const groups = new Map<string, Entry>()
    for (const { command, flag } of uses) {
      const { from, values = [] } = settingOf(flag, command, file, environment) ?? {}
      const key = JSON.stringify([from, values, apart ? flag.description : ""])
      const group = groups.get(key)
      groups.set(key, {
        ...flag,
        from,
        values,
        commands: [...(group?.commands ?? []), command],
        isForAll: (group?.commands.length ?? 0) + 1 === uses.length,
      })
    }
    return [...groups.values()]
  })
  return {
    path,
    exists: file !== undefined,
    entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    strangers: strangersIn(environment, [...byName.keys(), "config"]).map((variable): Stranger => {
      const name = nameOf(variable)
      const likely = typedOnly.has(name) ? undefined : nearest(name, [...byName.keys()])
      return { variable, isTyped: typedOnly.has(name), likely: likely && variableOf(likely) }
    }),
  } satisfies Inventory
})
