/** A real seeder on loopback that counts what it sends, and waits where a test wants it to. */
import { type Content, LoopbackSwarm, type Script } from "@unchoke/testkit"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

const unchoking: ReadonlyArray<Script.Step> = [
  { _tag: "AwaitHandshake" },
  { _tag: "Handshake", kind: "right" },
  { _tag: "HaveAll" },
  { _tag: "AwaitInterested" },
  { _tag: "Unchoke" },
]

/** The seeder's time is the test's clock, so it sends no block beyond so many before `goOn`; all of them, unless given. */
export const start = Effect.fnUntraced(function* (content: Content.Content, blocks?: number) {
  const pause: ReadonlyArray<Script.Step> =
    blocks === undefined
      ? []
      : [
          { _tag: "Serve", blocks },
          { _tag: "Wait", ms: 1000 },
        ]
  const swarm = yield* LoopbackSwarm.start(content, [
    { script: { _tag: "Accept", steps: [...unchoking, ...pause, { _tag: "Serve" }] } },
  ])
  return {
    peers: swarm.addresses,
    /** The pieces of which a block was sent. */
    sent: () => new Set(swarm.served.map(({ piece }) => piece)),
    goOn: TestClock.adjust(1000),
  }
})
