/**
 * A span for each piece that is fetched: from its first request until it is stored, or found to be corrupt.
 *
 * Invariants: a piece has one span at a time; when the swarm ends, however it does, so have all of them.
 */
import { Effect, type Exit, type Scope, type Tracer } from "effect"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import { here, type Trace } from "./Trace.ts"

export class PieceSpans {
  readonly #trace: Trace
  readonly #open = new Map<number, Tracer.Span>()

  constructor(trace: Trace) {
    this.#trace = trace
  }

  /** It is asked for. */
  begun(piece: number): void {
    if (!this.#open.has(piece)) this.#open.set(piece, this.#trace.start("unchoke.piece", { piece }))
  }

  /** All of its blocks are here, and the disk's turn has come. */
  filled(piece: number): void {
    const span = this.#open.get(piece)
    if (span !== undefined) this.#trace.event(span, "filled")
  }

  /** It has its verdict: `stored`, `corrupt`, or `dropped` before it was filled. */
  ended(piece: number, verdict: string, senders: ReadonlyArray<string | undefined> = []): void {
    const span = this.#open.get(piece)
    if (span === undefined) return
    this.#open.delete(piece)
    const from = [...new Set(senders)].filter((sender) => sender !== undefined)
    this.#trace.end(span, { verdict, peers: from.length, from: from.join(" ") })
  }

  /** Nobody fetches any of them any more. */
  endAll(exit: Exit.Exit<unknown, unknown>): void {
    for (const span of this.#open.values()) this.#trace.end(span, {}, exit)
    this.#open.clear()
  }
}

/** Of the pieces of a plan, for as long as the scope; nothing where nobody traces. */
export const pieceSpans = (plan: PiecePlan): Effect.Effect<PieceSpans | undefined, never, Scope.Scope> =>
  Effect.gen(function* () {
    const trace = yield* here
    if (trace === undefined) return undefined
    const spans = new PieceSpans(trace)
    plan.watch(spans)
    yield* Effect.addFinalizer((exit) =>
      Effect.sync(() => {
        plan.watch(undefined)
        spans.endAll(exit)
      }),
    )
    return spans
  })
