// Links are down for longer than a deadline, by the real clock: all tests wait at the same time, files and cases, and no time-out is near what they need.
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["test/faults/network/**/*.test.ts"],
    reporters: ["verbose"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 4,
  },
})
