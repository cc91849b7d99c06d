"use strict"
/**
 * Keeps the memory of `probe` and `seed` down to what their connections need.
 *
 * Both wait for others most of their time, and a young generation that grows because of a burst of dials or of callers gains them nothing, and stays. A seed that ten thousand call, who say
 * nothing or rubbish, has 100 to 137 MiB instead of 200 to 250; one with a thousand idle links takes 75 KiB for each instead of 142. A probe can do without V8's optimizing compilers too, which
 * take 15 MiB: two hundred parked connections are 72 MiB instead of 106. A download does have to hurry, and keeps all of it.
 */
const flags = {
  probe: ["--semi-space-growth-factor=1", "--no-opt", "--no-maglev"],
  seed: ["--semi-space-growth-factor=1"],
}

module.exports = (command) => {
  if (!Object.hasOwn(flags, command)) return
  // Loading it takes 5 ms.
  const { setFlagsFromString } = require("v8")
  for (const flag of flags[command]) setFlagsFromString(flag)
}
