/** What the numbers were measured on. */
import { cpus, release, totalmem, type as system } from "node:os"
import type { Network } from "./Network.ts"
import { Machine } from "./Results.ts"

export const machine = (network: Network, quickAcks: boolean) =>
  new Machine({
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory: totalmem(),
    system: `${system()} ${release()}`,
    node: process.version,
    network: `${network.prefix === 10 ? "loopback in a network namespace" : "loopback"}${quickAcks ? ", quick ACKs" : ""}`,
  })
