import { pass } from "@unchoke/testkit"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result } from "effect"
import { AddressResolver, Dns, Host, NetAddress } from "effect/net"
import { addressesOf } from "@unchoke/engine"
import { resolving } from "./trackers/resolver.ts"

const find = (host: string) =>
  AddressResolver.AddressResolver.use((resolver) =>
    addressesOf(Result.getOrThrow(Host.hostPortFromString(`${host}:5`)), resolver),
  )

it.effect("every address of a host is a peer, the families in turn; of a name with hundreds the first", () =>
  Effect.gen(function* () {
    const peers = (yield* find("many.example")).map(NetAddress.formatInet)
    expect(peers).toEqual(["10.0.0.1:5", "[2001:db8::1]:5", "10.0.0.2:5", "[2001:db8::2]:5", "10.0.0.3:5"])
    expect(yield* find("hundred.example")).toHaveLength(16)
  }).pipe(
    Effect.provide(
      resolving({
        "many.example": ["2001:db8::1", "2001:db8::2", "10.0.0.1", "10.0.0.2", "10.0.0.3"],
        "hundred.example": Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`),
      }),
    ),
  ),
)

/** A resolver of which every look-up ends so. */
const ending = (lookup: Effect.Effect<never, Dns.DnsError>) =>
  AddressResolver.layer().pipe(Layer.provide(Layer.mock(Dns.Dns, { lookup: () => lookup })))
const failing = (reason: Dns.DnsErrorReason) =>
  ending(Effect.fail(new Dns.DnsError({ method: "lookup", hostname: "some.example", reason })))

it.effect("a name that is not known, and one of which nobody can say so", () =>
  Effect.gen(function* () {
    const said = (reason: Dns.DnsErrorReason) => Effect.flip(find("some.example")).pipe(Effect.provide(failing(reason)))
    expect(yield* said("NotFound")).toBe("the name some.example is not known")
    expect(yield* said("Temporary")).toBe("the name some.example could not be looked up: no name server answers")
    expect(yield* said("Unknown")).toBe("the name some.example could not be looked up: the resolver failed")
  }),
)

it.effect("a look-up that never ends is given up after 10 s", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.flip(find("some.example")))
    yield* pass("9.9 seconds")
    expect(fiber.pollUnsafe()).toBeUndefined()
    yield* pass("0.2 seconds")
    expect(yield* Fiber.join(fiber)).toBe("the name some.example could not be looked up: no name server answers")
  }).pipe(Effect.provide(ending(Effect.never))),
)
