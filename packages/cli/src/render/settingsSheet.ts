/** The settings as a user reads them, and as a program does. */
import { basename } from "node:path"
import { variableOf } from "../settings/inEnvironment.ts"
import type { Entry, Inventory } from "../settings/Inventory.ts"
import type { Style } from "./style.ts"
import { type Column, table } from "./table.ts"
import { count, safe, widthOf, wrap } from "./text.ts"

const nameOf = ({ commands, isForAll, name }: Entry): string => (isForAll ? name : `${name} [${commands.join(", ")}]`)

/** The file by its name alone: its path stands above all. */
const placeOf = ({ from }: Entry, file: string): string =>
  from === undefined ? "default" : safe(from === file ? basename(file) : from)

const columnsFor = (file: string): ReadonlyArray<Column<Entry>> => [
  {
    title: "SETTING",
    cell: nameOf,
    colour: ({ from }, style) => (from === undefined ? style.dim : (text) => text),
  },
  { title: "VALUE", cell: ({ values }) => (values.length === 0 ? "–" : safe(values.join(" "))) },
  { title: "FROM", cell: (entry) => placeOf(entry, file) },
]

const meaning: Column<Entry> = {
  title: "MEANS",
  cell: ({ description }) => description,
  colour: (_, style) => style.dim,
}

/** In columns where there is room for them, or else each by itself; with what they mean, if `all`. */
const shownAs = (
  entries: ReadonlyArray<Entry>,
  file: string,
  all: boolean,
  style: Style,
  width: number | undefined,
): ReadonlyArray<string> => {
  const lines = table([...columnsFor(file), ...(all ? [meaning] : [])], entries, style)
  if (width === undefined || lines.every((line) => widthOf(line) <= width)) return lines
  return entries.flatMap((entry) => {
    const set = isSet(entry) ? ` = ${safe(entry.values.join(" "))} (${placeOf(entry, file)})` : ""
    const means = all ? wrap(`  ${entry.description}`, width).split("\n").map(style.dim) : []
    return [`${style.bold(nameOf(entry))}${set}`, ...means]
  })
}

const isSet = ({ from }: Entry): boolean => from !== undefined

/** `all`: also what nothing sets, and what each means. */
export const settingsSheet = (
  { entries, exists, path, strangers }: Inventory,
  all: boolean,
  style: Style,
  width: number | undefined,
): ReadonlyArray<string> => {
  const shown = all ? entries : entries.filter(isSet)
  const unset = new Set(entries.filter((entry) => !isSet(entry)).map(({ name }) => name)).size
  return [
    exists
      ? `Settings from ${safe(path)} and the environment`
      : `There is no file ${safe(path)}; it is read if there is.`,
    ...(shown.length === 0 ? [] : ["", ...shownAs(shown, path, all, style, width)]),
    ...(strangers.length === 0
      ? []
      : [
          "",
          ...strangers.map(
            ({ isTyped, likely, variable }) =>
              `${safe(variable)} is of no setting, and ignored${isTyped ? ": its flag is typed each time." : likely === undefined ? "." : `; did you mean ${likely}?`}`,
          ),
        ]),
    ...(all
      ? [
          "",
          'Each is a flag of the command line. In the file: max-peers = 30, dht-node = ["…", "…"], no-dht = true; ' +
            `below [download] for that command alone. As a variable: ${variableOf("max-peers")}=30. What is typed wins.`,
        ]
      : [
          "",
          `${count(unset, "setting")} ${unset === 1 ? "has its" : "have their"} default: \`unchoke config --all\` names them.`,
        ]),
  ]
}

export const settingsJson = ({ entries, exists, path, strangers }: Inventory, all: boolean): object => ({
  file: path,
  exists,
  settings: entries
    .filter((entry) => all || isSet(entry))
    .map(({ commands, description, from, name, values }) => ({
      name,
      variable: variableOf(name),
      commands,
      values,
      from: from ?? null,
      ...(all && { description }),
    })),
  ignored: strangers.map(({ variable }) => variable),
})
