/** Who gets a place to be served in, and when. */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedSwarm } from "@unchoke/testkit"
import { Duration, Effect } from "effect"
import { type Peer, request, seeding, wait } from "./Stage.ts"

const wants = { _tag: "Interested" } as const
const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

/** When it was told for the first time that it may ask, in milliseconds. */
const unchokedAt = ({ heard }: Peer): number | undefined => heard.find(([, { _tag }]) => _tag === "Unchoke")?.[0]

/** All the places of a seed: four, and the one by chance. */
const places = 5

describe("a place", () => {
  for (const after of [0, 0.1, 3, 9.5]) {
    it.live(`is had at once by who wants something ${after} s after it came, where one is free`, () =>
      seeding({}, ({ call, now }) =>
        Effect.gen(function* () {
          // Into a round as it happens.
          yield* wait(2.3)
          const peer = yield* call()
          yield* wait(after)
          yield* peer.say(wants)
          const said = now()
          yield* wait(1)
          assert.isAtMost((unchokedAt(peer) ?? Infinity) - said, 500)
        }),
      ),
    )
  }

  it.live("is not kept for more than five seconds by who takes nothing, while others wait", () =>
    seeding({}, ({ call, now }) =>
      Effect.gen(function* () {
        yield* wait(0.5)
        const idle = yield* Effect.forEach(times(places, String), () => call())
        for (const one of idle) yield* one.say(wants)
        yield* wait(1)
        for (const one of idle) assert.isDefined(unchokedAt(one))
        const busy = yield* call()
        yield* busy.say(wants)
        const said = now()
        yield* wait(3)
        assert.isUndefined(unchokedAt(busy), "they may still be about to ask")
        yield* wait(4)
        assert.isAtMost(unchokedAt(busy)! - said, 6500)
        yield* busy.say(request(3))
        yield* wait(1)
        assert.lengthOf(busy.messages("Piece"), 1)
      }),
    ),
  )

  it.live("is kept by who takes something now and then", () =>
    seeding({}, ({ call }) =>
      Effect.gen(function* () {
        yield* wait(0.5)
        const busy = yield* Effect.forEach(times(places, String), () => call())
        for (const one of busy) yield* one.say(wants)
        const other = yield* call()
        yield* other.say(wants)
        for (let round = 0; round < 8; round++) {
          yield* wait(1)
          for (const one of busy) yield* one.say(request(round))
        }
        assert.isUndefined(unchokedAt(other))
        for (const one of busy) assert.lengthOf(one.messages("Choke"), 0)
      }),
    ),
  )
})

describe("--seed-time", () => {
  it.live("counts from when all is there, however long that took", () =>
    Effect.gen(function* () {
      const lasts = 60
      let done: number | undefined
      let last = 0
      yield* SimulatedSwarm.play({
        pieces: 128,
        atMost: "400 seconds",
        peers: [
          { up: 16_384, down: 65_536, has: SimulatedSwarm.all },
          { up: 65_536, down: 65_536, options: { seed: { time: Duration.seconds(lasts) } } },
          // Somebody to stay for, of whom there is something to tell every few seconds.
          { up: 1024, down: 8192, comes: "100 seconds" },
        ],
        heard: (peer, event, time) => {
          if (peer !== 1) return
          last = time
          if (event._tag === "Done") done = time
        },
      })
      assert.isAbove(done!, lasts, "it had to wait for it longer than it seeds")
      assert.isAtLeast(last - done!, lasts - 6)
      assert.isAtMost(last - done!, lasts + 1)
    }),
  )
})

describe("the torrents of a session", () => {
  it.live("share its places, between them as fairly as can be", () =>
    // With that limit there are no more places, whatever is taken.
    seeding({ beside: 2, session: { uploadLimit: 32 * 1024 } }, ({ beside, call, content }) =>
      Effect.gen(function* () {
        const torrents = [content, ...beside].map(({ torrent }) => torrent)
        // One after the other: who comes first finds all the places free.
        const crowds: Array<ReadonlyArray<Peer>> = []
        for (const { infoHash } of torrents) {
          crowds.push(yield* Effect.forEach(times(places, String), () => call({ infoHash })))
          for (const one of crowds.at(-1)!) yield* one.say(wants)
          yield* wait(1)
        }
        const served = (crowd: ReadonlyArray<Peer>) => crowd.filter(isUnchoked).length
        assert.deepStrictEqual(crowds.map(served), [places, 0, 0])
        /** Whoever may ask asks now and then: who takes nothing loses its place. */
        const pass = Effect.fnUntraced(function* (seconds: number) {
          for (let second = 0; second < seconds; second++) {
            const asking = second % 3 === 0 ? crowds.flat().filter(isUnchoked) : []
            for (const one of asking) yield* one.say(request(second % 32))
            yield* wait(1)
            assert.isAtMost(served(crowds.flat()), places)
          }
        })
        yield* pass(35)
        assert.deepStrictEqual(crowds.map(served).toSorted(), [1, 2, 2])
        for (const one of crowds[0]!) yield* one.hangUp
        crowds.shift()
        yield* pass(25)
        assert.deepStrictEqual(crowds.map(served).toSorted(), [2, 3])
      }),
    ),
  )
})

/** Whether it may ask now. */
const isUnchoked = ({ heard }: Peer): boolean =>
  heard.findLast(([, { _tag }]) => _tag === "Unchoke" || _tag === "Choke")?.[1]._tag === "Unchoke"
