import { assert, describe, it } from "@effect/vitest"
import { Endpoint, Id, Tokens } from "@unchoke/dht/internal"
import { Schema } from "effect"
import { publicEndpoint, randomFrom, Seed } from "./chance.ts"

const minute = 60_000
const Minutes = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))

describe("Tokens", () => {
  it.prop(
    "a token is good for five minutes and not for ten, for its address and its torrent",
    [Seed, Minutes, Minutes],
    ([seed, given, later]) => {
      const random = randomFrom(seed)
      const tokens = new Tokens(random, 0)
      const from = publicEndpoint(random)
      const target = Id.random(random)
      const token = tokens.of(from, target, given * minute)
      const then = (given + later) * minute
      const isValid = tokens.isValid(token, from, target, then)
      if (later < 5) assert.isTrue(isValid)
      if (later >= 10) assert.isFalse(isValid)
      assert.isFalse(tokens.isValid(token, publicEndpoint(random), target, then))
      assert.isFalse(tokens.isValid(token, from, Id.random(random), then))
      assert.strictEqual(tokens.isValid(token, Endpoint.withPort(from, 1), target, then), isValid)
      assert.isFalse(tokens.isValid("", from, target, then))
    },
  )
})
