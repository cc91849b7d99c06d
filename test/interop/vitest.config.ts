// The real clients are waited for, not computed with: transmission unchokes on a 10 s round. Hence the long time-outs and three files at a time.
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    // No test says anything in the network that this machine is in.
    env: { UNCHOKE_NO_LSD: "1", UNCHOKE_NO_DHT: "1", UNCHOKE_CONFIG: "/dev/null" },
    include: ["test/interop/**/*.test.ts"],
    reporters: ["verbose"],
    testTimeout: 150_000,
    hookTimeout: 90_000,
    maxWorkers: 3,
    // The others have bad days of their own, of minutes: `.ci/run` tells whom it had to ask twice. Tests of ours alone are never run again.
    retry: 1,
  },
})
