const name = String.raw`(?:[\w-]+|"[^"\\]*"|'[^']*')`
const dotted = String.raw`${name}(?:\s*\.\s*${name})*`
const header = new RegExp(String.raw`^\s*\[\s*(${dotted})\s*\]`)
const assignment = new RegExp(String.raw`^\s*(${dotted})\s*=`)

/** The line, from 1, in which a table or a key of it stands in a text of TOML; none where that is not plain to see. */
export const lineOf = (text: string, path: ReadonlyArray<string>): number | undefined => {
  let table: ReadonlyArray<string> = []
  const lines: Array<number> = []
  for (const [at, line] of text.split("\n").entries()) {
    const [, opened] = header.exec(line) ?? []
    if (opened !== undefined) table = namesIn(opened)
    const [, key] = opened === undefined ? (assignment.exec(line) ?? []) : []
    const here = opened !== undefined ? table : key !== undefined ? [...table, ...namesIn(key)] : undefined
    if (here !== undefined && here.join("\0") === path.join("\0")) lines.push(at + 1)
  }
  // Twice: one of them is the text of something else.
  return lines.length === 1 ? lines[0] : undefined
}

const namesIn = (key: string): ReadonlyArray<string> =>
  Array.from(key.matchAll(new RegExp(name, "g")), ([part]) => part.replaceAll(/^["']|["']$/g, ""))
