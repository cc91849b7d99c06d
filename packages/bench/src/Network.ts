/**
 * The benchmarks' own network: a namespace with nothing in it but loopback, to which the whole of 10.0.0.0/8 belongs.
 *
 * So peers have addresses that every client takes for real (transmission refuses peers in 127/8), no client can talk to anybody else, and whatever else runs on the machine
 * is in nobody's way. Where the system does not let us, the peers are on 127.0.0.0/8.
 */
import { spawnSync } from "node:child_process"

export interface Network {
  /** First byte of all addresses. */
  readonly prefix: number
  readonly tracker: { readonly address: string; readonly port: number }
  readonly web: { readonly address: string; readonly port: number }
  readonly collector: { readonly address: string; readonly port: number }
}

/** Starts this program again inside such a network, if it can be had; returns the network that we are in otherwise. */
export const enter = (): Network => {
  const wanted = process.env[variable]
  if (wanted === "10" || wanted === "127") return network(Number(wanted))
  const options = [["--net"], ["--user", "--map-root-user", "--net"]].find(
    (options) => spawnSync("unshare", [...options, "sh", "-c", setUp], { stdio: "ignore" }).status === 0,
  )
  if (options === undefined) return network(127)
  // Ctrl-C is for the one inside, who cleans up.
  process.on("SIGINT", () => {})
  const { status, signal } = spawnSync(
    "unshare",
    [
      ...options,
      "sh",
      "-c",
      `${setUp} && exec "$0" "$@"`,
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    { stdio: "inherit", env: { ...process.env, [variable]: "10" } },
  )
  process.exit(status ?? (signal === "SIGINT" ? 130 : 1))
}

const variable = "UNCHOKE_BENCH_NETWORK"

const setUp = "ip link set lo up && ip addr add 10.0.0.1/8 dev lo"

const network = (prefix: number): Network => ({
  prefix,
  tracker: { address: `${prefix}.0.0.1`, port: prefix === 10 ? 6969 : 16_969 },
  web: { address: `${prefix}.0.0.1`, port: prefix === 10 ? 8080 : 18_080 },
  collector: { address: `${prefix}.0.0.1`, port: prefix === 10 ? 4318 : 14_318 },
})
