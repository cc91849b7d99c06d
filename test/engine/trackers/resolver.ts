/** A resolver for tests: names lead to the addresses they are given. */
import { Effect, Layer } from "effect"
import { AddressResolver, Dns, NetAddress } from "effect/net"

export const resolving = (
  names: Readonly<Record<string, ReadonlyArray<string>>>,
): Layer.Layer<AddressResolver.AddressResolver> =>
  AddressResolver.layer().pipe(
    Layer.provide(
      Layer.mock(Dns.Dns, {
        lookup: (name: string) => {
          const [first, ...others] = (names[name] ?? []).map(NetAddress.ipFromStringUnsafe)
          return first === undefined
            ? Effect.fail(new Dns.DnsError({ method: "lookup", hostname: name, reason: "NotFound" }))
            : Effect.succeed([first, ...others] as const)
        },
      }),
    ),
  )
