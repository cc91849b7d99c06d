/** What people forget who write TOML seldom, as the end of a sentence; empty where it is something else. */

const assignment = /^\s*[\w."'-]+\s*=\s*(.*?)\s*(?:\s#.*)?$/

/** `line`, from 1, is the one that makes no sense. */
export const tomlHint = (text: string, line: number | undefined): string => {
  if (line === undefined) return ""
  const lines = text.split(/\r?\n/)
  // A string that does not end is found out in the next line.
  const [value] = [line, line - 1].flatMap((at) => assignment.exec(lines[at - 1] ?? "")?.[1] ?? [])
  if (value === undefined || value === "") return ""
  const [quote] = value
  if (quote === '"' || quote === "'") return isClosed(value, quote) ? "" : `; a text ends with ${quote}, too`
  if (/^(?:true|false)$/i.test(value)) return `; it is written ${value.toLowerCase()}`
  return /^[[{=]/.test(value) ? "" : `; a text stands in quotes: ${JSON.stringify(value.replaceAll(/["']/g, ""))}`
}

const isClosed = (value: string, quote: string): boolean => value.slice(1).includes(quote)
