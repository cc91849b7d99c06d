/** Text in HTML and SVG. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** As text or as an attribute's value: nothing that a peer or a torrent calls itself is markup. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign]!)

/** A number with at most so many digits behind the point. */
export const short = (value: number, digits = 1): string => String(Number(value.toFixed(digits)))
