/**
 * How we come into the DHT: by nodes that we are told, by those that we knew the last time, and, as long as we know hardly anybody, by those that let everybody in.
 *
 * Names are resolved for both families. Nobody waits for an entrance that is silent: those that we are told are tried at once, whomever we knew. Invariants: each look-up has a deadline; a name yields at most `maxAddresses`; names are asked seldom, and ever more seldom.
 */
import { Duration, Effect, Latch, Option, Result, type Scope } from "effect"
import { AddressResolver, Host, NetAddress } from "effect/net"
import type { DhtOptions } from "./DhtOptions.ts"
import * as Endpoint from "./Endpoint.ts"
import { k } from "./Candidate.ts"
import type { Members } from "./Members.ts"
import { usualRouters } from "./routers.ts"

export interface Entrance {
  readonly enter: (nodes: ReadonlyArray<Host.HostPort>) => Effect.Effect<void>
  /** Ends when somebody is known whom a search can begin with, or nobody could be found. */
  readonly known: Effect.Effect<void>
  /** Ends when every entrance has been tried to find. */
  readonly complete: Effect.Effect<void>
}

const lookupDeadline = Duration.seconds(10)
const maxAddresses = 16
/** Those whom we knew the last time have this time to answer before those are asked who let everybody in. */
const headStart = Duration.seconds(3)
const interval = Duration.seconds(30)
const longestInterval = Duration.minutes(10)

export const open = Effect.fnUntraced(function* (
  { nodes: given = [], routers = usualRouters }: DhtOptions,
  { clock, nodes }: Members,
): Effect.fn.Return<Entrance, never, Scope.Scope> {
  const resolver = Option.getOrUndefined(yield* Effect.serviceOption(AddressResolver.AddressResolver))
  const known = Latch.makeUnsafe()
  const complete = Latch.makeUnsafe()
  const enterBy = (lasting: boolean) =>
    Effect.fnUntraced(function* (entrance: Host.HostPort) {
      const endpoints = (yield* addressesOf(entrance, resolver)).map(Endpoint.fromAddress)
      for (const { node, wake } of nodes) {
        node.enterBy(endpoints, lasting, clock.now())
        wake()
      }
      if (endpoints.length > 0) known.openUnsafe()
    })
  const enter = (entrances: ReadonlyArray<Host.HostPort>) =>
    Effect.forEach(entrances, enterBy(true), { concurrency: "unbounded", discard: true })
  const knowsSomebody = () => nodes.some(({ node }) => node.hasEntrance)
  const isThin = () => nodes.some(({ node }) => node.table.size < k)
  yield* Effect.gen(function* () {
    const isStart = !knowsSomebody()
    if (!isStart) known.openUnsafe()
    yield* enter(given)
    if (!isStart) yield* Effect.sleep(headStart)
    for (let pause = interval; ; pause = Duration.min(Duration.times(pause, 2), longestInterval)) {
      if (isThin()) yield* Effect.forEach(routers, enterBy(false), { concurrency: "unbounded", discard: true })
      known.openUnsafe()
      complete.openUnsafe()
      yield* Effect.sleep(pause)
    }
  }).pipe(Effect.forkScoped)
  return { enter, known: known.await, complete: complete.await }
})

const addressesOf = Effect.fnUntraced(function* (
  { host, port }: Host.HostPort,
  resolver: AddressResolver.AddressResolver["Service"] | undefined,
): Effect.fn.Return<ReadonlyArray<NetAddress.InetAddress>> {
  const address = NetAddress.ipFromString(Host.formatHost(host))
  if (Result.isSuccess(address)) return [NetAddress.inetAddressUnsafe(address.success, port)]
  if (resolver === undefined) return []
  return yield* resolver.resolve(Host.hostPortUnsafe(host, port)).pipe(
    Effect.map((addresses) => addresses.slice(0, maxAddresses)),
    Effect.timeout(lookupDeadline),
    Effect.orElseSucceed(() => []),
  )
})
