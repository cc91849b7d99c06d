"use strict"
/**
 * Gives back the young generation of a process that has come to rest.
 *
 * V8 lets it grow while much is made that stays, and keeps it: a download that a thousand peers call has 50 to 100 MiB of it, and goes on having them while nobody gives anything. A full collection that is told to
 * give back what it can makes it small again. It takes a tenth of a second, so it is made only of a process that does next to nothing, where there is much to gain, and once a minute at the most.
 */
const { runInNewContext } = require("vm")
/** Loading it takes 4 ms, which a start has no use for. */
const v8 = () => require("v8")

/** How often we look, in milliseconds; and how long there is none after a collection. */
const lookEvery = 5000
const pause = 60_000

/** Who used less of a core than this since the last look is at rest. */
const atRest = 0.05

/** So many bytes are worth it. */
const worthIt = 16 * 2 ** 20

/** Of this process. */
const own = {
  /** Milliseconds of processor time. */
  used: () => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  },
  young: () =>
    v8()
      .getHeapSpaceStatistics()
      .find(({ space_name }) => space_name === "new_space")?.space_size ?? 0,
  collect: () => {
    v8().setFlagsFromString("--expose-gc")
    runInNewContext("gc")({ type: "major", flavor: "last-resort" })
  },
}

/** To be asked every five seconds; collects when it is time. Says whether it did. */
const lookAt = ({ collect, used, young }) => {
  let before = used()
  let resting = 0
  return () => {
    const now = used()
    const isAtRest = now - before < atRest * lookEvery
    before = now
    resting = Math.max(0, resting - lookEvery)
    if (!isAtRest || resting > 0 || young() < worthIt) return false
    collect()
    before = used()
    resting = pause
    return true
  }
}

module.exports = () => void setInterval(lookAt(own), lookEvery).unref()
module.exports.lookAt = lookAt
