import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  // No test asserts a time; this only ends one that hangs, on the slowest machine.
  test: {
    // No test says anything in the network that this machine is in, nor heeds the settings of whoever runs it.
    env: { UNCHOKE_NO_LSD: "1", UNCHOKE_NO_DHT: "1", UNCHOKE_CONFIG: "/dev/null" },
    include: ["test/**/*.test.ts"],
    exclude: [
      "test/interop/**",
      "test/faults/**",
      "test/stranger/**",
      "test/soak/**",
      "test/crash/**",
      "test/fuzz/bombs.test.ts",
      "test/engine/swarms/loopback.test.ts",
      "**/node_modules/**",
    ],
    // Most tests wait for something: on two cores two workers would leave one of them idle now and then.
    maxWorkers: 3,
    // A worker loads the sources once, not for each file: no test changes a module, and what it changes in the process it puts back.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
