// What takes long: thousands of callers, hours of virtual time, a process that dies at each of its calls or is stopped, disks that are full, read-only or not ours, inputs made to hurt, and the generated swarms on real sockets.
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    env: { UNCHOKE_NO_LSD: "1", UNCHOKE_NO_DHT: "1", UNCHOKE_CONFIG: "/dev/null" },
    include: [
      "test/{soak,crash}/**/*.test.ts",
      "test/faults/{disk/*,pause}.test.ts",
      "test/fuzz/bombs.test.ts",
      "test/engine/swarms/loopback.test.ts",
    ],
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
})
