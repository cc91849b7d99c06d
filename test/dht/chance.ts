/** Ids and endpoints out of a seed. */
import { Endpoint, Id, type Krpc } from "@unchoke/dht/internal"
import { SimulatedDht } from "@unchoke/testkit"
import { Schema } from "effect"

export const Seed = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))

export const randomFrom = SimulatedDht.seeded

/** Somebody on the internet. */
export const publicEndpoint = (random: ReturnType<typeof randomFrom>): Endpoint.Endpoint => {
  for (;;) {
    const endpoint = Endpoint.fromBytes(random.bytes(6))!
    if (Endpoint.isReachable(endpoint) && !Endpoint.isLocal(endpoint)) return endpoint
  }
}

export const contactOf = (random: ReturnType<typeof randomFrom>, isValid = true): Krpc.Contact => {
  const endpoint = publicEndpoint(random)
  return { endpoint, id: isValid ? Id.fromAddress(endpoint, random) : Id.random(random) }
}

export const endpoint = (text: string): Endpoint.Endpoint => {
  const [host, port] = [text.slice(0, text.lastIndexOf(":")), Number(text.slice(text.lastIndexOf(":") + 1))]
  return Endpoint.fromBytes(Uint8Array.from([...host.split(".").map(Number), port >> 8, port & 0xff]))!
}
