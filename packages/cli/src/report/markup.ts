/**
 * HTML and SVG by construction: what is put into a template is text, unless it is markup itself.
 *
 * Invariants: only what is written in this program is markup. Whatever a peer, a torrent or a recording calls itself is text, in an element as in an attribute's value, and has no character that XML
 * does not allow.
 */
import { safe } from "../render/text.ts"

export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** A text of this program's own that is markup as it stands, such as a style sheet. */
export const ours = (text: string): Markup => new Markup(text)

/** What a template takes: a list is put in one after the other. */
export type Content = Markup | string | number | ReadonlyArray<Content>

/** Attributes' values stand in double quotes. */
export const markup = (literals: TemplateStringsArray, ...contents: ReadonlyArray<Content>): Markup => {
  let text = literals[0]!
  for (const [at, content] of contents.entries()) text += textOf(content) + literals[at + 1]!
  return new Markup(text)
}

/** Nothing, where there may be something. */
export const none = markup``

const textOf = (content: Content): string => {
  if (content instanceof Markup) return content.toString()
  if (typeof content === "string") return escaped(content)
  return typeof content === "number" ? String(content) : content.map(textOf).join("")
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

const escaped = (text: string): string => safe(text).replace(/[&<>"']/g, (sign) => entities[sign]!)

/** A number with at most so many digits behind the point. */
export const short = (value: number, digits = 1): number => Number(value.toFixed(digits))
