import { assert, describe, it } from "@effect/vitest"
import { Endpoint, Id, Krpc } from "@unchoke/dht/internal"
import { Result, Schema } from "effect"
import { Mutations, mutate } from "../protocol/mutation.ts"
import { contactOf, endpoint, randomFrom, Seed } from "./chance.ts"

const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(
  Schema.isMaxLength(200),
)

/** One of each kind, filled by chance. */
const messages = (seed: number): ReadonlyArray<Krpc.Message> => {
  const random = randomFrom(seed)
  const id = Id.random(random)
  const target = Id.random(random)
  const query = { _tag: "Query", transaction: "ab\0\u00ff", id, readOnly: seed % 2 === 0 } as const
  const questions: ReadonlyArray<Krpc.Question> = [
    { method: "ping" },
    { method: "find_node", target },
    { method: "get_peers", target, scrape: seed % 3 === 0 },
    { method: "announce_peer", target, port: 1 + random.below(65535), token: "\0\u00fftoken", seed: true },
    { method: "announce_peer", target, port: undefined, token: "t", seed: false },
    { method: "sample_infohashes", target },
  ]
  const six = Endpoint.fromBytes(Uint8Array.from({ length: 18 }, (_, i) => i + 32))!
  const full: Krpc.Answer = {
    nodes: Array.from({ length: 8 }, () => contactOf(random)),
    nodes6: [{ id: target, endpoint: six }],
    peers: [endpoint("192.0.2.1:6881"), six],
    token: "secret\0",
    seeds: random.bytes(256),
    leechers: random.bytes(256),
    samples: [target, id],
    stored: random.below(1000),
    interval: 60,
  }
  const none = { nodes: undefined, nodes6: undefined, peers: undefined, token: undefined }
  const rest = { seeds: undefined, leechers: undefined, samples: undefined, stored: undefined, interval: undefined }
  return [
    ...questions.map((question) => ({ ...query, want: [], question })),
    { ...query, want: ["IPv4", "IPv6"], question: questions[1]! },
    { _tag: "Response", transaction: "t", id, seen: endpoint("192.0.2.9:1"), answer: full },
    { _tag: "Response", transaction: "t", id, seen: undefined, answer: { ...none, ...rest } },
    { _tag: "Refusal", transaction: "t", code: 203, words: "invalid token" },
  ]
}

describe("Krpc", () => {
  it.prop("what is written is read", [Seed], ([seed]) => {
    for (const message of messages(seed)) assert.deepEqual(Krpc.parse(Krpc.print(message)), Result.succeed(message))
  })

  it.prop(
    "any bytes, and any message with damage, are read or refused, and never throw",
    [Seed, Bytes, Mutations],
    ([seed, bytes, mutations]) => {
      const packets = [
        Uint8Array.from(bytes),
        ...messages(seed).map((message) => mutate(Krpc.print(message), mutations)),
      ]
      for (const packet of packets) {
        const parsed = Krpc.parse(packet)
        if (Result.isSuccess(parsed)) {
          const again = Result.getOrThrow(Krpc.parse(Krpc.print(parsed.success)))
          assert.strictEqual(again._tag, parsed.success._tag)
        } else if (parsed.failure.refusal !== undefined) {
          assert.isAtMost(Krpc.print(parsed.failure.refusal).length, 120)
        }
      }
    },
  )

  it("reads the packets of BEP 5, and keeps nothing of a packet", () => {
    const packet = Buffer.from(
      "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
    )
    const { success } = Krpc.parse(packet) as Result.Success<Krpc.Query, never>
    packet.fill(0)
    assert.deepEqual(success, {
      _tag: "Query",
      transaction: "aa",
      id: Id.fromBytes(Buffer.from("abcdefghij0123456789"))!,
      readOnly: false,
      want: [],
      question: { method: "find_node", target: Id.fromBytes(Buffer.from("mnopqrstuvwxyz123456"))! },
    })
  })

  it.each([
    ["an unknown method", "d1:ad2:id20:abcdefghij0123456789e1:q4:what1:t2:aa1:y1:qe", 204],
    ["no target", "d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t2:aa1:y1:qe", 203],
    ["no id", "d1:ade1:q4:ping1:t2:aa1:y1:qe", 203],
    [
      "no port",
      "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234565:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe",
      203,
    ],
  ])("refuses a question with %s", (_, text, code) => {
    const parsed = Krpc.parse(Buffer.from(text))
    assert.strictEqual(Result.isFailure(parsed) && parsed.failure.refusal?.code, code)
  })

  it("takes an unknown method that names a target for find_node", () => {
    const parsed = Krpc.parse(
      Buffer.from("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:qe"),
    )
    assert.strictEqual(
      Result.isSuccess(parsed) && parsed.success._tag === "Query" && parsed.success.question.method,
      "find_node",
    )
  })
})
