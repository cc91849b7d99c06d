/** What people forget who write TOML seldom, as the end of a sentence; empty where it is something else. */

const assignment = /^\s*[\w."'-]+\s*=\s*(.*?)\s*(?:\s#.*)?$/

/** `line`, from 1, is the one that makes no sense, and `why` what the parser says of it. */
export const tomlHint = (text: string, line: number | undefined, why: string): string => {
  if (/escape/.test(why)) return `; in "…" a backslash is written twice, in '…' once`
  if (line === undefined || !isOfValue.test(why)) return ""
  const [, value = ""] = assignment.exec(text.split(/\r?\n/)[line - 1] ?? "") ?? []
  if (/^(?:true|false)$/i.test(value)) return `; it is written ${value.toLowerCase()}`
  const [quote] = value
  if (quote === '"' || quote === "'") return value.slice(1).includes(quote) ? "" : `; a text ends with ${quote}, too`
  return value === "" || /^[[{=]/.test(value)
    ? ""
    : `; a text stands in quotes: ${JSON.stringify(value.replaceAll(/["']/g, ""))}`
}

/** In the parser's words. */
const isOfValue =
  /invalid value|numeric literal|unfinished string|control characters|must be followed by an end-of-line/
