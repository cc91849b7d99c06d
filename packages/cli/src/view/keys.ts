/** What was pressed, from the bytes of a terminal in raw mode. Total: what is no key that we know is one nobody asked for. */

export type Key =
  | "up"
  | "down"
  | "page up"
  | "page down"
  | "home"
  | "end"
  | "escape"
  | "interrupt"
  | "suspend"
  | "quit"
  | "other"
  | Letter

export type Letter = "v" | "q" | "s" | "S" | "r" | "j" | "k" | "g" | "G" | "b" | " "

/** The keys in the order in which they were pressed. */
export const keysIn = (text: string): ReadonlyArray<Key> =>
  Array.from(
    text.matchAll(sequence),
    ([whole]): Key => named.get(whole) ?? (letters.has(whole) ? (whole as Letter) : "other"),
  )

/** CSI and SS3 (ECMA-48), or one character. */
// oxlint-disable-next-line no-control-regex
const sequence = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001bO[A-Za-z]|[\s\S]/gu

const letters: ReadonlySet<string> = new Set<Letter>(["v", "q", "s", "S", "r", "j", "k", "g", "G", "b", " "])

const named: ReadonlyMap<string, Key> = new Map<string, Key>([
  ["\u001b[A", "up"],
  ["\u001bOA", "up"],
  ["\u001b[B", "down"],
  ["\u001bOB", "down"],
  ["\u001b[5~", "page up"],
  ["\u001b[6~", "page down"],
  ["\u001b[H", "home"],
  ["\u001bOH", "home"],
  ["\u001b[1~", "home"],
  ["\u001b[F", "end"],
  ["\u001bOF", "end"],
  ["\u001b[4~", "end"],
  ["\u001b", "escape"],
  ["\u0003", "interrupt"],
  ["\u001a", "suspend"],
  ["\u001c", "quit"],
])
