/**
 * A live view on a terminal: opened and closed by a key, and gone when it has to be.
 *
 * Invariants: while it is open the terminal is taken as a whole, and what was said meanwhile is written when it is given back; keys are heard while we are in the foreground, and no longer than until the first
 * signal that ends the program: from then on Ctrl-C is the terminal's own again; whatever happens, the terminal is given back before the process ends or stops.
 */
import type { Style } from "../render/style.ts"
import { safe } from "../render/text.ts"
import type { Taken } from "../Screen.ts"
import * as Controls from "./Controls.ts"
import type { Key } from "./keys.ts"
import { enter, leave, Painter } from "./Painter.ts"
import type { Frame, Look } from "./sheet.ts"
import type { Tty } from "./Tty.ts"

export interface ViewingOptions {
  readonly tty: Tty
  readonly take: (wanted: () => void) => Taken
  readonly frame: (look: Look) => Frame
  readonly style: Style
  /** Milliseconds, by a clock that nobody sets. */
  readonly now: () => number
}

export class Viewing {
  readonly #options: ViewingOptions
  readonly #painter = new Painter()
  #controls = Controls.initial
  #room: Controls.Room = { sorts: 1, page: 1, last: 0 }
  #taken: Taken | undefined
  #deaf: (() => void) | undefined
  readonly #unattend: () => void
  /** Whether it is to be open whenever the terminal is ours. */
  #wanted: boolean
  #ended = false

  constructor(options: ViewingOptions, begins: boolean) {
    this.#options = options
    this.#wanted = begins
    this.#unattend = options.tty.attend({
      resized: () => this.draw(),
      ending: () => this.#end(),
      suspended: () => {
        this.#release()
        options.tty.stop()
      },
      continued: () => {
        // A shell has written where we were, and set the terminal's modes.
        this.#release()
        this.settle()
      },
    })
    this.settle()
  }

  /** Takes up the keys, and the terminal where it is wanted, as soon as it is ours. To be called now and then: a shell does not always tell. */
  settle(): void {
    if (this.#ended || this.#deaf !== undefined || !this.#options.tty.isOurs()) return
    this.#deaf = this.#options.tty.listen((key) => this.#press(key))
    if (this.#wanted) this.#open()
  }

  /** Shows how it is now, where the view is open. */
  draw(): void {
    const taken = this.#taken
    if (taken === undefined) return
    const { frame, now, style } = this.#options
    const size = taken.size()
    const { lines, room } = frame({
      now: now(),
      size,
      controls: this.#controls,
      said: taken.said().map(words),
      style,
    })
    this.#room = room
    const text = this.#painter.paint(lines, size)
    if (text !== "") taken.write(text)
  }

  close(): void {
    this.#end()
    this.#unattend()
  }

  #open(): void {
    const taken = this.#options.take(() => {
      this.#wanted = false
      this.#shut()
    })
    this.#taken = taken
    this.#painter.forget()
    taken.write(enter)
    this.draw()
  }

  #shut(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.write(leave)
    taken?.giveBack()
  }

  /** The terminal is as it was before. */
  #release(): void {
    this.#shut()
    this.#deaf?.()
    this.#deaf = undefined
  }

  #end(): void {
    this.#ended = true
    this.#release()
  }

  #press(key: Key): void {
    const { tty } = this.#options
    switch (key) {
      case "interrupt":
        return tty.pass("SIGINT")
      case "suspend":
        return tty.pass("SIGTSTP")
      case "quit":
        return tty.pass("SIGQUIT")
      case "v":
        this.#wanted = this.#taken === undefined
        return this.#wanted ? this.#open() : this.#shut()
    }
    if (this.#taken === undefined) return
    if (key === "q") return tty.end()
    if (key === "escape") {
      this.#wanted = false
      return this.#shut()
    }
    this.#controls = Controls.press(this.#controls, key, this.#room)
    this.draw()
  }
}

/** What was said, as it can be shown elsewhere: without its colours, and in one line. */
// oxlint-disable-next-line no-control-regex
const words = (text: string): string => safe(text.replace(/\u001b\[[0-9;]*m/g, "").replace(/\s*\n\s*/g, " "))
