/**
 * Keys out of what is read from a terminal, read by read: nothing that was pasted is a key.
 *
 * Invariants: however a paste or a key is cut into reads, it is one; a paste whose end does not come is over after a moment, so Ctrl-C is heard again.
 */
import { type Key, keysIn } from "./keys.ts"

/** Has the terminal say where a paste begins and ends (xterm's mode 2004). */
export const tellPastes = "\u001b[?2004h"
export const tellNoPastes = "\u001b[?2004l"

const begins = "\u001b[200~"
const ends = "\u001b[201~"

/** What comes so many milliseconds after the rest does not belong to it. */
const together = 1000

/** More characters than these, not all of one key that is held down, nobody types at once: a terminal that does not know the mode has pasted them. */
const mostTyped = 3

/** What is no plain character: sequences (ECMA-48), and controls but for those that a text has. */
// oxlint-disable-next-line no-control-regex
const controls = /(\u001b\[[0-9;?]*[ -/]*[@-~]|\u001bO[A-Za-z]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f])/

/** The beginning of a sequence whose end has not been read; within a paste nobody presses Escape. */
// oxlint-disable-next-line no-control-regex
const unfinished = /\u001b(?:\[[0-9;?]*[ -/]*|O)$/
// oxlint-disable-next-line no-control-regex
const unfinishedInPaste = /\u001b(?:\[[0-9;?]*)?$/

/** No terminal pastes these: Ctrl-C, Ctrl-Z, Ctrl-\\. */
const signals: ReadonlySet<string> = new Set(["\u0003", "\u001a", "\u001c"])

export class Keyboard {
  #rest = ""
  #isPasting = false
  #readAt = -Infinity

  /** What was pressed. `now` in milliseconds, by a clock that nobody sets. */
  read(text: string, now: number): ReadonlyArray<Key> {
    if (now - this.#readAt > together || signals.has(text)) {
      this.#rest = ""
      this.#isPasting = false
    }
    this.#readAt = now
    const parts = this.#typed(this.#rest + text).split(controls)
    return keysIn(parts.filter((part, nth) => nth % 2 === 1 || !isPasted(part)).join(""))
  }

  /** What is in no paste. */
  #typed(text: string): string {
    let typed = ""
    let at = 0
    for (;;) {
      const mark = this.#isPasting ? ends : begins
      const next = text.indexOf(mark, at)
      if (next === -1) break
      if (!this.#isPasting) typed += text.slice(at, next)
      at = next + mark.length
      this.#isPasting = !this.#isPasting
    }
    const last = text.slice(at)
    this.#rest = (this.#isPasting ? unfinishedInPaste : unfinished).exec(last)?.[0] ?? ""
    return this.#isPasting ? typed : typed + last.slice(0, last.length - this.#rest.length)
  }
}

const isPasted = (text: string): boolean => {
  const characters = [...text]
  return characters.length > mostTyped && characters.some((one) => one !== characters[0])
}
