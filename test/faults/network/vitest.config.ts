// Links are down for longer than a deadline, by the real clock: all tests wait at the same time, files and cases, and no time-out is near what they need.
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["test/faults/network/**/*.test.ts"],
    reporters: ["verbose"],
    globalSetup: ["test/faults/network/build.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 4,
    maxConcurrency: 10,
    // Dozens of processes start at once: they compile the same sources. And peers are where a test says.
    env: {
      NODE_COMPILE_CACHE: join(tmpdir(), "unchoke-compiled"),
      UNCHOKE_NO_LSD: "1",
      UNCHOKE_NO_DHT: "1",
      UNCHOKE_CONFIG: "/dev/null",
    },
  },
})
