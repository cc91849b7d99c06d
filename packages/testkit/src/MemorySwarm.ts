/** A swarm of scripted peers without a network: a `Dialer` whose sockets end in scripts. */
import { PeerId, type PeerMessage } from "@unchoke/protocol"
import { Context, Effect, Layer } from "effect"
import { NetAddress } from "effect/net"
import { Dialer } from "@unchoke/engine"
import type { Content } from "./Content.ts"
import * as MemorySocket from "./MemorySocket.ts"
import type { Script } from "./Script.ts"
import * as ScriptedPeer from "./ScriptedPeer.ts"

/** What the swarm saw. */
export class MemorySwarm extends Context.Service<
  MemorySwarm,
  {
    /** How many of our sockets are open now. */
    readonly open: () => number
    /** How often each peer was dialled. */
    readonly dials: () => ReadonlyMap<string, number>
    /** Every block that was sent, in order. */
    readonly served: ReadonlyArray<ScriptedPeer.Served & { readonly peer: string }>
    /** Every extended message that was sent to a peer (BEP 10), in order. */
    readonly told: ReadonlyArray<PeerMessage.Of<"Extended"> & { readonly peer: string }>
  }
>()("@unchoke/testkit/MemorySwarm") {}

/** A torrent's peers, and how their sockets behave. */
export interface SwarmOptions extends MemorySocket.Options {
  readonly content: Content
  /** What each peer does, by its address (`127.0.0.1:6881`). Nobody listens anywhere else. */
  readonly peers: Readonly<Record<string, Script>>
}

/** The swarm and the way to it. Ends with the layer's scope. */
export const layer = (options: SwarmOptions): Layer.Layer<MemorySwarm | Dialer> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const dials = new Map<string, number>()
      const served: Array<ScriptedPeer.Served & { readonly peer: string }> = []
      const told: Array<PeerMessage.Of<"Extended"> & { readonly peer: string }> = []
      let open = 0

      const dial = Effect.fnUntraced(function* (address: NetAddress.InetAddress) {
        const peer = NetAddress.formatInet(address)
        dials.set(peer, (dials.get(peer) ?? 0) + 1)
        const script = options.peers[peer]
        if (script === undefined || script._tag === "Refuse") return MemorySocket.refused()
        if (script._tag === "Blackhole") return MemorySocket.unanswered
        const [ours, theirs] = yield* MemorySocket.makePair(options)
        yield* ScriptedPeer.play(ScriptedPeer.behind(theirs, script, options.content), script.steps, {
          content: options.content,
          peerId: PeerId.make("0.0.0", new TextEncoder().encode(peer.padEnd(12))),
          served: (block) => served.push({ ...block, peer }),
          told: (message) => told.push({ ...message, peer }),
          reset: theirs.reset,
        }).pipe(Effect.scoped, Effect.ignore, Effect.forkIn(scope))
        return MemorySocket.watched(ours, { opened: () => void open++, closed: () => void open-- })
      })

      return Context.make(Dialer, { dial }).pipe(
        Context.add(MemorySwarm, { open: () => open, dials: () => dials, served, told }),
      )
    }),
  )
