/**
 * Puts one frame after the other on a terminal: what is written is what turns the last one into the next, in one piece.
 *
 * Invariants: only lines that changed are written, each from its beginning; nothing scrolls, wraps or is cleared before it is written over, so nothing flickers; a terminal that knows
 * synchronized output (DEC mode 2026) shows a frame at once, any other ignores that.
 */
import { CliOutput } from "effect/cli"

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Another screen, on which no cursor is seen and nothing wraps. */
export const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l"

/** Back to the screen that was there before, as it was. */
export const leave = "\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l"

export class Painter {
  #before: ReadonlyArray<string> | undefined
  #size: Size = { columns: 0, rows: 0 }

  /** What to write; empty where nothing has changed. The lines are at most as many and as wide as the terminal. */
  paint(lines: ReadonlyArray<string>, size: Size): string {
    if (size.columns !== this.#size.columns || size.rows !== this.#size.rows) this.forget()
    const before = this.#before
    this.#before = lines
    this.#size = size
    let text = ""
    for (let row = 0; row < Math.max(lines.length, before?.length ?? size.rows); row++) {
      const line = lines[row] ?? ""
      if (before !== undefined && before[row] === line) continue
      // Behind a line that is as wide as the terminal the cursor stands on its last cell, and clearing from there would clear that.
      const rest = CliOutput.displayWidth(line) < size.columns ? "\u001b[K" : ""
      text += `\u001b[${row + 1};1H${line}${rest}`
    }
    return text === "" ? "" : `\u001b[?2026h${text}\u001b[?2026l`
  }

  /** What is on the screen is not known any more. */
  forget(): void {
    this.#before = undefined
  }
}
