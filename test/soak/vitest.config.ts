// What takes long: thousands of callers, hours of virtual time, and a process that dies at each of its calls.
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    env: { UNCHOKE_NO_LSD: "1", UNCHOKE_NO_DHT: "1", UNCHOKE_CONFIG: "/dev/null" },
    include: ["test/soak/**/*.test.ts", "test/crash/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
})
