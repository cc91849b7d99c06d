/**
 * What is known of a torrent's description, and who is asked for which part of it (BEP 9).
 *
 * Plain and synchronous. Peers that name the same length put it together; when what came of that is not the description and one of them alone has given it, that one has lied, and when there were
 * several, each of them is asked for all of it by itself. So a liar costs what it has sent, and an honest peer is never blamed. Invariants: nothing is allocated for what has not come; no more than
 * `mostHeld` bytes are held. Short drafts go before long ones, which nearly all liars have: they make room, and no peer that gives little by little can keep an honest one waiting.
 */
import { MetadataMessage } from "@unchoke/protocol"

/** Bytes of all drafts together: two of the longest. */
export const mostHeld = 2 * MetadataMessage.longest

/** Parts that one peer is asked for at once: rtorrent drops what it is asked for while it answers. Several peers are asked for several parts. */
export const mostAsked = 1

/** A description that is all there, as these peers gave it. */
export interface Complete {
  readonly draft: Draft
  readonly bytes: Uint8Array
}

/** What came of a part that a peer sent. */
export type Taken = "more" | "not asked for" | "of the wrong length" | Complete

/** A description in the making. */
export class Draft {
  readonly size: number
  /** Who may give it. */
  readonly askers = new Set<string>()
  readonly parts = new Map<number, Uint8Array>()
  readonly givers = new Set<string>()
  held = 0

  constructor(size: number) {
    this.size = size
  }

  /** How far it is, from 0 to 1. */
  get progress(): number {
    return this.held / this.size
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.size)
    for (const [part, block] of this.parts) bytes.set(block, part * MetadataMessage.pieceSize)
    return bytes
  }

  clear(): void {
    this.parts.clear()
    this.givers.clear()
    this.held = 0
  }
}

interface Asker {
  draft: Draft
  /** What it was asked for and has not sent. */
  readonly asked: Set<number>
}

export class DescriptionPlan {
  readonly #askers = new Map<string, Asker>()
  /** By their length: where several put it together. */
  readonly #shared = new Map<number, Draft>()
  readonly #drafts = new Set<Draft>()
  /** Lengths of which several have given something that was wrong. */
  readonly #doubtful = new Set<number>()

  /** How many peers are asked. */
  get askers(): number {
    return this.#askers.size
  }

  /** The draft that is nearest to its end. */
  get best(): Draft | undefined {
    let best: Draft | undefined
    for (const draft of this.#drafts) if (best === undefined || draft.progress > best.progress) best = draft
    return best
  }

  /** A peer says that it has a description of so many bytes. */
  join(peer: string, size: number): void {
    this.leave(peer)
    const draft = this.#doubtful.has(size) ? new Draft(size) : (this.#shared.get(size) ?? new Draft(size))
    if (!this.#doubtful.has(size)) this.#shared.set(size, draft)
    this.#enter(peer, draft)
  }

  /** It is not asked any more. What it has given stays, unless nobody is left to go on with it. */
  leave(peer: string): void {
    const asker = this.#askers.get(peer)
    if (asker === undefined) return
    this.#askers.delete(peer)
    const { draft } = asker
    draft.askers.delete(peer)
    if (draft.askers.size > 0) return
    this.#drafts.delete(draft)
    if (this.#shared.get(draft.size) === draft) this.#shared.delete(draft.size)
  }

  /** What the peer is to be asked for now; it is asked for it then. */
  next(peer: string): number | undefined {
    const asker = this.#askers.get(peer)
    if (asker === undefined || asker.asked.size >= mostAsked) return undefined
    const { asked, draft } = asker
    if (!this.#hasRoomFor(draft)) return undefined
    const lacking = this.#lacking(draft, (part) => !asked.has(part))
    const part = lacking.find((part) => !this.#isAsked(draft, part)) ?? lacking[0]
    if (part !== undefined) asked.add(part)
    return part
  }

  /** How many parts the peer owes. */
  owes(peer: string): number {
    return this.#askers.get(peer)?.asked.size ?? 0
  }

  /** The peer has sent a part, and says how long the whole is. */
  take(peer: string, part: number, size: number, block: Uint8Array): Taken {
    const asker = this.#askers.get(peer)
    if (asker === undefined || !asker.asked.delete(part)) return "not asked for"
    const { draft } = asker
    if ((size !== 0 && size !== draft.size) || block.length !== MetadataMessage.sizeOf(part, draft.size)) {
      return "of the wrong length"
    }
    if (draft.parts.has(part)) return "more"
    draft.parts.set(part, block.slice())
    draft.givers.add(peer)
    draft.held += block.length
    if (draft.held === draft.size) return { draft, bytes: draft.bytes }
    this.#makeRoom()
    return "more"
  }

  /** What is all there is not the torrent's description: who has certainly lied. The others are asked anew, each for all of it. */
  refute({ draft }: Complete): string | undefined {
    const [first] = draft.givers
    const isAlone = draft.givers.size === 1
    draft.clear()
    this.#shared.delete(draft.size)
    this.#doubtful.add(draft.size)
    for (const peer of draft.askers) {
      this.leave(peer)
      if (!isAlone || peer !== first) this.join(peer, draft.size)
    }
    return isAlone ? first : undefined
  }

  /** How many bytes are held. */
  get held(): number {
    return this.#inOrder().reduce((held, draft) => held + draft.held, 0)
  }

  /** Short drafts first; of the same length those first that were begun first. */
  #inOrder(): ReadonlyArray<Draft> {
    return [...this.#drafts].toSorted((a, b) => a.size - b.size)
  }

  /** Those behind it make room for it. */
  #hasRoomFor(draft: Draft): boolean {
    const drafts = this.#inOrder()
    const before = drafts.slice(0, drafts.indexOf(draft) + 1)
    return before.reduce((held, { held: more }) => held + more, 0) + MetadataMessage.pieceSize <= mostHeld
  }

  #makeRoom(): void {
    let { held } = this
    if (held <= mostHeld) return
    for (const draft of this.#inOrder().toReversed()) {
      if (held <= mostHeld) return
      held -= draft.held
      draft.clear()
    }
  }

  #enter(peer: string, draft: Draft): void {
    draft.askers.add(peer)
    this.#drafts.add(draft)
    this.#askers.set(peer, { draft, asked: new Set() })
  }

  #isAsked(draft: Draft, part: number): boolean {
    for (const peer of draft.askers) if (this.#askers.get(peer)?.asked.has(part) === true) return true
    return false
  }

  /** The first parts that are not there: as many as there may be under way, for somebody of all askers has not been asked for one of them. */
  #lacking(draft: Draft, isFree: (part: number) => boolean): ReadonlyArray<number> {
    const lacking: Array<number> = []
    const enough = 1 + mostAsked * draft.askers.size
    for (let part = 0; part < MetadataMessage.pieces(draft.size) && lacking.length < enough; part++) {
      if (!draft.parts.has(part) && isFree(part)) lacking.push(part)
    }
    return lacking
  }
}
