/** A sum that grows, as a metric knows it: whoever counts says how much it is by now, as often as they like. */
import type { Context, Metric } from "effect"

export class Counted {
  readonly #metric: Metric.Counter<number>
  readonly #context: Context.Context<never>
  #known = 0

  /** `context` is that of the run whose metrics count. */
  constructor(metric: Metric.Counter<number>, context: Context.Context<never>) {
    this.#metric = metric
    this.#context = context
  }

  /** So much it is by now. */
  upTo(sum: number): void {
    if (sum <= this.#known) return
    this.#metric.updateUnsafe(sum - this.#known, this.#context)
    this.#known = sum
  }
}
