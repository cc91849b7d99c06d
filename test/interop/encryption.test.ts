/** Peers that speak only behind an encrypted handshake: we fetch from each of them, and each of them fetches from us, whoever calls. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { callers, everyone } from "./clients/everyone.ts"
import type { Client } from "./clients/Client.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import type { Ours } from "./Ours.ts"
import { whenInstalled } from "./whenInstalled.ts"

const size = 8 * Ground.MiB

const both = <A extends { readonly name: string }>(clients: ReadonlyArray<A>) =>
  clients.flatMap((client) => (["prefer", "require"] as const).map((policy) => ({ client, name: client.name, policy })))

whenInstalled("encryption", [...Ground.tools, ...everyone.flatMap(({ tools }) => tools)], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("encryption", (it) => {
    it.effect.each(both(everyone))("$name seeds, and ours with --encryption $policy downloads", ({ client, policy }) =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size })
        const { address } = yield* ground.join(client, { has: "all", encrypts: true })
        const folder = yield* ground.folder("nothing")
        const port = yield* freePort("127.0.0.1")
        const ours = yield* ground.ours("download", { folder, port }, "--peer", address, "--encryption", policy)
        assert.strictEqual(yield* ours.ended, 0)
        assert.isTrue(yield* ground.isComplete(folder))
        hasEncrypted(ours, client, policy)
      }),
    )

    it.effect.each(both(callers))("$name calls ours, which seeds with --encryption $policy", ({ client, policy }) =>
      Effect.gen(function* () {
        const { ours, theirs } = yield* served(client, policy, "they call")
        yield* theirs.complete
        assert.isTrue(ours.lines.some(({ _tag, incoming }) => _tag === "Joined" && incoming === true))
        hasEncrypted(ours, client, policy)
      }),
    )

    it.effect.each(both(everyone))("ours, which seeds with --encryption $policy, calls $name", ({ client, policy }) =>
      Effect.gen(function* () {
        const { ours, theirs } = yield* served(client, policy, "we call")
        yield* theirs.complete
        hasEncrypted(ours, client, policy)
      }),
    )

    it.effect("who speaks plain words alone is not spoken to where encryption is required", () =>
      Effect.gen(function* () {
        const ground = yield* Ground.make({ size })
        const disabled = { in_enc_policy: 2, out_enc_policy: 2 }
        yield* ground.joinMany([{ host: "127.0.6.1", has: "all", settings: disabled }])
        const folder = yield* ground.folder("nothing")
        const port = yield* freePort("127.0.0.1")
        const ours = yield* ground.ours("download", { folder, port }, "--encryption", "require")
        yield* ours.until("a verdict", ({ _tag }) => _tag === "Rejected")
        assert.isFalse(ours.lines.some(({ _tag }) => _tag === "Joined"))
      }),
    )
  }),
)

/** Ours serves a client that has nothing: who is there first is called by the other. */
const served = Effect.fnUntraced(function* (client: Client, policy: string, who: "they call" | "we call") {
  const ground = yield* Ground.make({ size })
  const port = yield* freePort("127.0.0.1")
  const joins = ground.join(client, { has: "nothing", encrypts: true })
  const seeds = Effect.flatMap(ground.folder("all"), (folder) =>
    ground.ours("seed", { folder, port }, "--encryption", policy),
  )
  if (who === "we call") {
    const theirs = yield* joins
    return { theirs, ours: yield* seeds }
  }
  const ours = yield* seeds
  yield* ours.until("an answer of the tracker", ({ _tag }) => _tag === "SourceAnswered")
  return { ours, theirs: yield* joins }
})

/** Encrypted by RC4. Of webtorrent nobody can demand that: it takes plain words as well when it is called, and is content with an encrypted handshake when it calls. */
const hasEncrypted = ({ lines }: Ours, client: Client, policy: string): void => {
  if (client.name === "webtorrent" && policy === "prefer") return
  assert.isTrue(lines.some(({ _tag, seen }) => _tag === "Joined" && seen?.encrypted === "rc4"))
}
