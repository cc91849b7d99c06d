/**
 * What we give who asks for peers, and want back from who announces one (BEP 5): it shows that who announces hears what is sent to its address.
 *
 * Invariants: a token is valid for its address and target alone, for at least five minutes and less than ten; nothing is remembered per asker.
 */
import * as ByteString from "./ByteString.ts"
import * as Endpoint from "./Endpoint.ts"
import type * as Id from "./Id.ts"
import type { Random } from "./Random.ts"
import { sipHash } from "./sipHash.ts"

/** Milliseconds after which the secret is another one; the one before counts as long again. */
export const rotation = 5 * 60_000

export class Tokens {
  readonly #random: Random
  #secret: Uint8Array
  #former: Uint8Array
  #since: number

  constructor(random: Random, now: number) {
    this.#random = random
    this.#secret = random.bytes(16)
    this.#former = random.bytes(16)
    this.#since = now
  }

  /** The token for who asks from there. */
  of(endpoint: Endpoint.Endpoint, target: Id.Id, now: number): string {
    this.#rotate(now)
    return tokenBy(this.#secret, endpoint, target)
  }

  isValid(token: string, endpoint: Endpoint.Endpoint, target: Id.Id, now: number): boolean {
    this.#rotate(now)
    return token === tokenBy(this.#secret, endpoint, target) || token === tokenBy(this.#former, endpoint, target)
  }

  #rotate(now: number): void {
    const passed = Math.floor((now - this.#since) / rotation)
    if (passed <= 0) return
    this.#former = passed === 1 ? this.#secret : this.#random.bytes(16)
    this.#secret = this.#random.bytes(16)
    this.#since += passed * rotation
  }
}

/** The port is no part of it: some announce from another than they ask from. */
const tokenBy = (secret: Uint8Array, endpoint: Endpoint.Endpoint, target: Id.Id): string => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, sipHash(secret, ByteString.toBytes(Endpoint.hostOf(endpoint) + target)))
  return ByteString.fromBytes(bytes)
}
