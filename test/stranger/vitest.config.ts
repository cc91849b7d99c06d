// What a stranger does with the packages: takes their time, and the registry's. One after the other.
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    env: { UNCHOKE_NO_LSD: "1", UNCHOKE_NO_DHT: "1", DENO_NO_UPDATE_CHECK: "1" },
    include: ["test/stranger/**/*.test.ts"],
    reporters: ["verbose"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
