/**
 * Our nodes, one for each family that the machine has, with their sockets and their clock.
 *
 * Invariant: a node's `tick` is called when it is due, and at once after anything that is asked of it.
 */
import { Clock, Duration, Effect, Latch, Result, type Scope } from "effect"
import { Datagrams } from "./Datagrams.ts"
import type { DhtOptions } from "./DhtOptions.ts"
import * as Endpoint from "./Endpoint.ts"
import { Node } from "./Node.ts"
import { Random } from "./Random.ts"
import * as Snapshot from "./Snapshot.ts"

export interface Member {
  readonly node: Node
  readonly port: number
  /** Something was asked of it: it is looked at what is due now. */
  readonly wake: () => void
}

export interface Members {
  readonly nodes: ReadonlyArray<Member>
  readonly clock: { readonly now: () => number }
}

/** A packet is not worth waking up for more often, in milliseconds. */
const shortestNap = 10

export const open = Effect.fnUntraced(function* (
  options: DhtOptions,
): Effect.fn.Return<Members, never, Datagrams | Scope.Scope> {
  const datagrams = yield* Datagrams
  const clock = yield* Clock.Clock
  const random = new Random(options.random)
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1000n) / 1000
  const remembered = Snapshot.fromBytes(options.snapshot ?? new Uint8Array())
  const nodes: Array<Member> = []
  for (const family of ["IPv4", "IPv6"] as const) {
    let node: Node | undefined
    const opened = yield* Effect.result(
      datagrams.open(family, [...(options.ports ?? []), 0], (packet, from) => {
        node?.receive(packet, Endpoint.fromAddress(from), now())
      }),
    )
    if (Result.isFailure(opened)) continue
    const { port, send } = opened.success
    node = new Node({
      family,
      random,
      now: now(),
      send: (packet, to) => send(packet, Endpoint.toAddress(to)),
      id: remembered[family]?.id,
      other: () => nodes.find(({ node }) => node.family !== family)?.node,
    })
    const latch = Latch.makeUnsafe()
    nodes.push({ node, port, wake: () => void latch.openUnsafe() })
    yield* Effect.forkScoped(keepTime(node, latch, now))
    const contacts = remembered[family]?.contacts ?? []
    node.enterBy(
      contacts.map(({ endpoint }) => endpoint),
      true,
      now(),
    )
  }
  return { nodes, clock: { now } }
})

const keepTime = (node: Node, latch: Latch.Latch, now: () => number): Effect.Effect<never> =>
  Effect.forever(
    Effect.suspend(() => {
      latch.closeUnsafe()
      node.tick(now())
      const nap = Math.max(shortestNap, Math.ceil(node.nextTime - now()))
      return Effect.raceFirst(Effect.sleep(Duration.millis(nap)), latch.await)
    }),
  )
