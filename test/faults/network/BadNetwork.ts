/** A network that we may spoil while it is used: what runs near reaches what runs far over links `10.0.n.1`–`10.0.n.2`, real TCP and UDP on both sides. */
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import * as LineProcess from "./LineProcess.ts"

/** What the links are: TUN devices with our own program between them, which spoils packets, or veth pairs, where the kernel does (if it has netem). */
export type Kind = "tun" | "veth"

/** What a link does to packets, in both directions. The kernel's netem knows only those that are percentages, and times. */
export interface Rules {
  /** Milliseconds; the jitter, in either direction, lets packets overtake each other. */
  readonly delay?: number
  readonly jitter?: number
  /** Percent of the packets. */
  readonly loss?: number
  readonly duplicate?: number
  /** Percent; a flipped bit that the checksum tells. */
  readonly corrupt?: number
  /** kbit/s, with a queue of so many bytes. */
  readonly rate?: number
  readonly queue?: number
  /** Of packets from this end alone; the other direction stays as it is. */
  readonly from?: End
  /** The packets of these numbers (from 0) are lost. */
  readonly lose?: ReadonlyArray<number>
  /** The large packets of these numbers (from 1) get a flipped bit and a checksum that fits. */
  readonly forge?: ReadonlyArray<number>
}

/** What became of a link's packets so far; netem does not say. */
export interface Counts {
  readonly passed: number
  readonly lost: number
  readonly doubled: number
  readonly damaged: number
  readonly overtaken: number
}

/** Whose network interface: ours, or the peers'. */
export type End = "near" | "far"

export interface BadNetwork {
  readonly spoil: (link: number, rules: Rules) => Effect.Effect<void>
  readonly down: (link: number, end: End) => Effect.Effect<void>
  readonly up: (link: number, end: End) => Effect.Effect<void>
  readonly counts: (link: number) => Effect.Effect<Counts>
  /** The command that runs a command at this end. */
  readonly at: (end: End, command: ReadonlyArray<string>) => readonly [string, ReadonlyArray<string>]
}

/** Ends with the scope. */
export const make = Effect.fnUntraced(function* (links: number, kind: Kind = "tun") {
  const root = isolation()
  if (root === undefined) return yield* Effect.die(new Error("no network namespace of our own"))
  const wire = yield* LineProcess.start("unshare", [...root.unshare, "python3", program, kind, String(links)])
  const pids = wire.ready as Record<End, number>
  const tell = (command: object) => Effect.asVoid(wire.ask(command))
  return {
    spoil: (link, rules) => tell({ link, rules }),
    down: (link, end) => tell({ link, down: end }),
    up: (link, end) => tell({ link, up: end }),
    counts: (link) => Effect.map(wire.ask({ link }), (counts) => counts as Counts),
    at: (end, command) => ["nsenter", ["--target", String(pids[end]), ...root.nsenter, ...command]],
  } satisfies BadNetwork
})

const program = join(import.meta.dirname, "badNetwork.py")

const isolation = () =>
  [
    { unshare: ["--net"], nsenter: ["--net"] },
    { unshare: ["--user", "--map-root-user", "--net"], nsenter: ["--user", "--preserve-credentials", "--net"] },
  ].find(({ unshare }) => succeeds("unshare", ...unshare, "true"))

/** Why there can be no such network here; undefined where there can. */
export const obstacle = (need: Need): string | undefined => {
  const missing = ["ip", "tc", "unshare", "nsenter", "python3"].filter((tool) => !succeeds("which", tool))
  if (missing.length > 0) return `${missing.join(", ")} not installed: run .ci/install-clients`
  const root = isolation()
  if (root === undefined) return "the system gives us no network namespace"
  const { lacking, trial } = trials[need]
  return succeeds("unshare", ...root.unshare, "sh", "-c", trial) ? undefined : lacking
}

/** What a test needs of the system. */
export type Need = Kind | "netem"

const pair = "ip link add name trial type veth peer name other"

const trials: Record<Need, { readonly trial: string; readonly lacking: string }> = {
  tun: { trial: "ip tuntap add mode tun name trial", lacking: "the system gives us no TUN device" },
  veth: { trial: pair, lacking: "the system gives us no veth pair" },
  netem: {
    trial: `${pair} && tc qdisc add dev trial root netem delay 1ms`,
    lacking: "this kernel has no netem (CONFIG_NET_SCH_NETEM)",
  },
}

const succeeds = (file: string, ...args: ReadonlyArray<string>) =>
  spawnSync(file, args, { stdio: "ignore" }).status === 0
