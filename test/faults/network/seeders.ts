/** The far side, in a process of its own: scripted peers, and trackers that name them. Each line of input is answered with what they have served and hold open; ends with its input. */
import { Content, LoopbackSwarm, LoopbackTracker } from "@unchoke/testkit"
import { Effect } from "effect"
import { NetAddress } from "effect/net"
import { createInterface } from "node:readline"
import type { Far } from "./Stage.ts"

const say = (line: unknown) => void process.stdout.write(`${JSON.stringify(line)}\n`)

const { content, members, trackers } = JSON.parse(process.argv[2]!) as Far

const program = Effect.gen(function* () {
  const swarm = yield* LoopbackSwarm.start(Content.make(content), members)
  const named = yield* Effect.forEach(trackers, (host) => LoopbackTracker.make({ host, peers: swarm.addresses }))
  say({
    peers: swarm.addresses.map(NetAddress.formatInet),
    trackers: named.map(({ announceUrl, udpUrl }) => ({ http: announceUrl, udp: udpUrl })),
  })
  yield* Effect.callback<void>((resume) => {
    createInterface(process.stdin)
      .on("line", () =>
        say({
          open: swarm.open(),
          served: swarm.served.map(({ peer, piece }) => ({ peer, piece })),
          announces: named.map(({ announces }) => announces.map(({ over }) => over)),
        }),
      )
      .once("close", () => resume(Effect.void))
  })
}).pipe(Effect.scoped)

await Effect.runPromise(program)
process.exit()
