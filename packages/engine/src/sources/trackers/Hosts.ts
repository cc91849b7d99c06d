/** A tracker's host has several addresses: all of them are called, as browsers do it (RFC 8305). */
import { Duration, Effect, Equal } from "effect"
import type { NetAddress } from "effect/net"
import { askInTurn } from "./askInTurn.ts"
import type { TrackerProblem } from "./TrackerFailed.ts"

/** How long an address is alone before the next one is called beside it. RFC 8305 gives a connection a quarter of a second; this is for the whole answer. */
export const headStart = Duration.millis(500)

/** What came back, and the address that it came from. */
export interface Answered<A> {
  readonly by: NetAddress.IpAddress
  readonly reply: A
}

/** So many hosts are remembered; a redirect may lead to ever new ones. */
const maxRemembered = 1000

/** Calls hosts. The address of a host that has answered is the first to be called the next time: a good-bye is not to wait for one that is dead. */
export class Hosts {
  readonly #answered = new Map<string, NetAddress.IpAddress>()

  /**
   * What the first address of a host answers that answers at all, be it that it refuses us. The next one is called when the last one could not be reached, or has said nothing during
   * its head start; whoever is still being called when one has answered is given up. Fails with the most telling reason when none of them answers.
   */
  call<A, R>(
    host: string,
    addresses: ReadonlyArray<NetAddress.InetAddress>,
    call: (address: NetAddress.InetAddress) => Effect.Effect<A, TrackerProblem, R>,
  ): Effect.Effect<Answered<A>, TrackerProblem, R> {
    return Effect.suspend(() => {
      const known = this.#answered.get(host)
      const isKnown = ({ address }: NetAddress.InetAddress) => known !== undefined && Equal.equals(address, known)
      const order = addresses.toSorted((a, b) => Number(isKnown(b)) - Number(isKnown(a)))
      return Effect.tap(callInTurn(order, call), ({ by }) => Effect.sync(() => this.#remember(host, by)))
    })
  }

  #remember(host: string, by: NetAddress.IpAddress): void {
    if (this.#answered.size >= maxRemembered) this.#answered.clear()
    this.#answered.set(host, by)
  }
}

const callInTurn = Effect.fnUntraced(function* <A, R>(
  addresses: ReadonlyArray<NetAddress.InetAddress>,
  call: (address: NetAddress.InetAddress) => Effect.Effect<A, TrackerProblem, R>,
): Effect.fn.Return<Answered<A>, TrackerProblem, R> {
  const silences: Array<TrackerProblem> = []
  const first = yield* askInTurn(addresses, {
    ask: (address) =>
      Effect.matchEffect(call(address), {
        onSuccess: (reply) => Effect.succeed(Effect.succeed({ by: address.address, reply })),
        onFailure: (problem) =>
          silence(problem) === undefined ? Effect.succeed(Effect.fail(problem)) : Effect.fail(problem),
      }),
    patience: headStart,
    failed: (_, problem) => Effect.sync(() => silences.push(problem)),
  })
  return yield* first?.answer ?? Effect.fail(mostTelling(silences))
})

/** How much a failure tells that is no answer of the tracker; `undefined` for one that is. */
const silence = (problem: TrackerProblem): number | undefined => {
  switch (problem._tag) {
    case "CertificateRefused":
      return 3
    case "Unreachable":
      return problem.reason === "no route" ? 0 : 2
    case "TimedOut":
      return 1
    default:
      return undefined
  }
}

const mostTelling = (problems: ReadonlyArray<TrackerProblem>): TrackerProblem =>
  problems.reduce((most, problem) => ((silence(problem) ?? 0) > (silence(most) ?? 0) ? problem : most))
