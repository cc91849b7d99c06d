/** Ours alone has the content: each of the others downloads it from us, and the tracker hears the truth. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { callers, everyone } from "./clients/everyone.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import type { Ours } from "./Ours.ts"
import { whenInstalled } from "./whenInstalled.ts"

const size = 24 * Ground.MiB

whenInstalled("seeding", [...Ground.tools, ...everyone.flatMap(({ tools }) => tools)], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("ours is the only seed", (it) => {
    it.effect.each(callers)("$name calls us", (client) =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size })
        const port = yield* freePort("127.0.0.1")
        const ours = yield* ground.ours("seed", { folder: yield* ground.folder("all"), port })
        yield* ours.until("an answer of the tracker", ({ _tag }) => _tag === "SourceAnswered")
        const theirs = yield* ground.join(client, { has: "nothing" })
        yield* theirs.complete
        assert.isTrue(ours.lines.some(({ _tag, incoming }) => _tag === "Joined" && incoming === true))
        yield* endsTruthfully(ours, ground, port)
      }),
    )

    it.effect.each(everyone)("we call $name", (client) =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size })
        const theirs = yield* ground.join(client, { has: "nothing" })
        const port = yield* freePort("127.0.0.1")
        const ours = yield* ground.ours("seed", { folder: yield* ground.folder("all"), port })
        yield* theirs.complete
        yield* endsTruthfully(ours, ground, port)
      }),
    )
  }),
)

/** Stops it, and reads what the tracker has heard of it from beginning to end. */
const endsTruthfully = Effect.fnUntraced(function* (ours: Ours, ground: Ground.Ground, port: number) {
  yield* ours.untilSent(size)
  assert.strictEqual(yield* ours.interrupt, 130)
  const { downloaded, uploaded } = ours.lines.at(-1)!
  assert.strictEqual(downloaded, 0)
  const told = ground.told(port)
  assert.deepStrictEqual(
    told.map(({ event }) => event).filter((event) => event !== "none"),
    ["started", "stopped"],
  )
  assert.isTrue(told.every(({ downloaded, left }) => downloaded === 0 && left === 0))
  assert.strictEqual(told.at(0)!.uploaded, 0)
  assert.strictEqual(told.at(-1)!.uploaded, uploaded)
})
