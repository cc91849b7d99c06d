/** The packages that somebody imports, the front door first. */
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

export const packages = [
  { name: "unchoke", folder: "packages/unchoke" },
  { name: "@unchoke/engine", folder: "packages/engine" },
  { name: "@unchoke/node", folder: "packages/node" },
  { name: "@unchoke/dht", folder: "packages/dht" },
  { name: "@unchoke/protocol", folder: "packages/protocol" },
  { name: "@unchoke/testkit", folder: "packages/testkit" },
] as const
