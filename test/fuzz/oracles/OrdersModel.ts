/** The obvious account of what a peer has asked us for: a list. */
import type { Order, Refusal } from "@unchoke/engine/internal"

const same = (a: Order, b: Order) => a.piece === b.piece && a.begin === b.begin && a.length === b.length

export class OrdersModel {
  readonly pieceSizes: ReadonlyArray<number>
  readonly has: ReadonlySet<number>
  held: Array<Order> = []
  readonly fast = new Set<number>()
  choked = true
  refused = 0
  inVain = 0

  constructor(pieceSizes: ReadonlyArray<number>, has: ReadonlySet<number>) {
    this.pieceSizes = pieceSizes
    this.has = has
  }

  take(order: Order): "taken" | Refusal {
    const refusal = this.refusal(order)
    if (refusal !== undefined) {
      this.refused++
      this.inVain++
      return refusal
    }
    if (this.held.some((one) => same(one, order))) this.inVain++
    else this.held.push(order)
    return "taken"
  }

  refusal(order: Order): Refusal | undefined {
    const size = this.pieceSizes[order.piece]
    if (size === undefined) return "no such piece"
    if (order.length === 0) return "of no length"
    if (order.length > 131_072) return "too long"
    if (order.begin + order.length > size) return "beyond the piece"
    if (!this.has.has(order.piece)) return "piece that we lack"
    if (this.choked && !this.fast.has(order.piece)) return "choked"
    return this.held.length === 500 && !this.held.some((one) => same(one, order)) ? "too many requests" : undefined
  }

  cancel(order: Order): boolean {
    this.inVain++
    const before = this.held.length
    this.held = this.held.filter((one) => !same(one, order))
    return this.held.length < before
  }

  next(most: number): Array<Order> {
    let bytes = 0
    let count = 0
    while (count < 64 && count < this.held.length && (count === 0 || bytes + this.held[count]!.length <= most))
      bytes += this.held[count++]!.length
    this.inVain = Math.max(0, this.inVain - 4 * count)
    return this.held.splice(0, count)
  }

  choke(): Array<Order> {
    if (!this.choked) this.inVain = Math.max(0, this.inVain - 500)
    this.choked = true
    const dropped = this.held.filter(({ piece }) => !this.fast.has(piece))
    this.held = this.held.filter(({ piece }) => this.fast.has(piece))
    return dropped
  }
}
