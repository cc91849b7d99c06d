/** Settings as variables of the environment: `UNCHOKE_MAX_PEERS=30` is `--max-peers 30`. */
import type { FlagShape } from "./Manual.ts"
import type { Setting } from "./Setting.ts"

const prefix = "UNCHOKE_"

/** As the environment has them. */
export type Variables = Readonly<Record<string, string | undefined>>

export const variableOf = (name: string): string => prefix + name.toUpperCase().replaceAll("-", "_")

/** Whether any setting may be there: without one nobody needs to know what flags there are. */
export const areAny = (environment: Variables): boolean =>
  Object.keys(environment).some((name) => name.startsWith(prefix))

/** The variable of a flag; one that is empty is as good as none. Several values are separated by spaces. */
export const inEnvironment = ({ isFact, isList, name }: FlagShape, environment: Variables): Setting | undefined => {
  const from = variableOf(name)
  const text = environment[from]?.trim() ?? ""
  if (text === "") return undefined
  if (isFact) return { name, from, values: [text.toLowerCase()] }
  return { name, from, values: isList ? text.split(/\s+/) : [text] }
}

/** The flag of a variable, if it is one's. */
export const nameOf = (variable: string): string => variable.slice(prefix.length).toLowerCase().replaceAll("_", "-")

/** Variables that look like settings, and are not of any of these names. */
export const strangersIn = (environment: Variables, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = new Set(names.map(variableOf))
  return Object.keys(environment).filter((name) => name.startsWith(prefix) && !known.has(name))
}
