/**
 * Who spoiled a piece? Certainty before blame.
 *
 * A piece that failed its hash and had one sender has its culprit. One of several senders has none yet: what each of them sent is remembered, the piece is fetched anew from one
 * peer alone, and once it is right, whoever had sent something else is guilty, and nobody besides. Those who have left by then count like those who are here: a sender is a peer, not
 * a connection.
 */
import { Geometry } from "@unchoke/protocol"
import { fingerprint, type Salt } from "./fingerprint.ts"

/** A piece whose blocks are all here, and who sent each of them. */
export interface Composed {
  readonly piece: number
  readonly buffer: Uint8Array
  readonly senders: ReadonlyArray<string>
}

/** What is kept of a composed piece until its verdict: what its blocks look like only where that may tell somebody apart. */
export interface Exhibit {
  readonly piece: number
  readonly senders: ReadonlyArray<string>
  readonly prints: ReadonlyArray<bigint>
}

/** So many failed versions of one piece are compared; what came before them is forgotten. */
const mostVersions = 16

export class Evidence {
  readonly #geometry: Geometry.Geometry
  readonly #salt: Salt
  readonly #failed = new Map<number, Array<Exhibit>>()

  constructor(geometry: Geometry.Geometry, salt: Salt) {
    this.#geometry = geometry
    this.#salt = salt
  }

  /** The pieces of which a version of several senders failed, in the order in which they did. */
  get contested(): Iterable<number> {
    return this.#failed.keys()
  }

  /** Whether a version of several senders failed. */
  isContested(piece: number): boolean {
    return this.#failed.has(piece)
  }

  /** Whether the peer had a part in a version that failed. */
  suspects(piece: number, peer: string): boolean {
    return this.#failed.get(piece)?.some(({ senders }) => senders.includes(peer)) ?? false
  }

  /** To be taken before the buffer is given away. */
  exhibit({ buffer, piece, senders }: Composed): Exhibit {
    const alone = senders.every((sender) => sender === senders[0])
    if (alone && !this.isContested(piece)) return { piece, senders: senders.slice(0, 1), prints: [] }
    const prints = senders.map((_, block) => {
      const start = block * Geometry.blockSize
      const length = Geometry.blockLength(this.#geometry, piece, block)
      return fingerprint(buffer.subarray(start, start + length), this.#salt)
    })
    return { piece, senders, prints }
  }

  /** Its hash was wrong. Whose fault it was, where that is certain. */
  wrong(exhibit: Exhibit): string | undefined {
    const [first, ...others] = new Set(exhibit.senders)
    if (others.length === 0) return first
    const versions = this.#failed.get(exhibit.piece) ?? []
    this.#failed.set(exhibit.piece, [...versions, exhibit].slice(-mostVersions))
    return undefined
  }

  /** Its hash was right. Who had sent something else before; the case is closed. */
  right({ piece, prints }: Exhibit): ReadonlySet<string> {
    const guilty = new Set<string>()
    for (const version of this.#failed.get(piece) ?? []) {
      for (const [block, print] of version.prints.entries())
        if (print !== prints[block]) guilty.add(version.senders[block]!)
    }
    this.#failed.delete(piece)
    return guilty
  }
}
