/** The peers of the demo: two seeders, a liar, and whatever else one meets. */
import { type LoopbackSwarm, Script } from "@unchoke/testkit"

type Steps = Extract<Script.Script, { readonly _tag: "Accept" }>["steps"]

const accept = (...steps: Steps): Script.Script => ({ _tag: "Accept", steps })

const greeting: Steps = [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }]

/** Serves at a pace that one can watch: so many blocks, a breath, and so on. */
const paced = (blocks: number, breaths: number): Steps =>
  Array.from({ length: breaths }, (): Steps => [
    { _tag: "Serve", blocks },
    { _tag: "Wait", ms: 25 },
  ]).flat()

/** Everything it has, after so many milliseconds; chokes us once for a while. */
const seeder = (client: string, ms: number): Script.Script =>
  accept(
    ...greeting,
    { _tag: "Extended", client },
    { _tag: "HaveAll" },
    { _tag: "AwaitInterested" },
    { _tag: "Wait", ms },
    { _tag: "Unchoke" },
    ...paced(16, 24),
    { _tag: "Choke" },
    { _tag: "Wait", ms: 400 },
    { _tag: "Unchoke" },
    ...paced(16, 200),
    { _tag: "Serve" },
  )

/** Unchokes before everybody else, and spoils every eighth piece. */
const corrupter = (pieces: number): Script.Script =>
  accept(
    ...greeting,
    { _tag: "Bitfield", missing: [] },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    { _tag: "Serve", corrupt: upTo(pieces).filter((piece) => piece % 8 === 7) },
  )

/** Resets the connection, but not before we have it: that would be told as a call that failed now, and as a hang-up then. */
const resetter = accept({ _tag: "AwaitHandshake" }, { _tag: "Reset" })

export const cast = (pieces: number): ReadonlyArray<LoopbackSwarm.Member> => {
  const scripts: ReadonlyArray<Omit<LoopbackSwarm.Member, "host">> = [
    { script: Script.refuse },
    { script: Script.blackhole },
    { script: Script.hangUpOnHandshake },
    { script: seeder("Transmission 4.0.6", 250), client: "-TR4060-" },
    { script: Script.silent },
    { script: Script.incomplete(...upTo(Math.floor(pieces * 0.63))), client: "-LT20A0-" },
    { script: Script.wrongHash },
    { script: Script.blackhole },
    { script: Script.neverUnchoke, client: "-qB4650-" },
    { script: Script.notBitTorrent },
    { script: corrupter(pieces), client: "-AZ5770-" },
    { script: resetter },
    { script: Script.silentAfterHandshake, client: "-UT3560-" },
    { script: Script.badBitfield, client: "-BC0220-" },
    { script: seeder("libtorrent/2.0.11", 600), client: "-LT20B0-" },
    { script: Script.garbage, client: "-SD0100-" },
    { script: Script.ourselves },
    { script: Script.refuse },
  ]
  return scripts.map((member, at) => ({ ...member, host: hostOf(at) }))
}

/** Elsewhere than on Linux and Windows there is one loopback address. */
const hostOf = (at: number): string =>
  process.platform === "linux" || process.platform === "win32" ? `127.0.0.${at + 2}` : "127.0.0.1"

const upTo = (end: number): ReadonlyArray<number> => Array.from({ length: end }, (_, piece) => piece)
