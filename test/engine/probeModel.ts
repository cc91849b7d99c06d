/** How a probe must end, worked out without sockets or fibers: a list of (time, message) is walked and the deadlines are looked up. */
import type { Script } from "@unchoke/testkit"
import { Duration } from "effect"
import type { Deadlines, ProbeError } from "@unchoke/engine"

export type Verdict = ProbeError["_tag"] | "Link" | "Defect"

/** The verdict on a peer that follows these steps right after a good handshake, and the moments (in milliseconds) at which something happens. */
export const verdictOf = (steps: ReadonlyArray<Script.Step>, pieces: number, deadlines: Deadlines.Deadlines) => {
  const bitfieldBy = Duration.toMillis(deadlines.bitfield)
  const lazy = Duration.toMillis(deadlines.lazyHave)
  const patience = Duration.toMillis(deadlines.unchoke)
  const moments: Array<number> = []
  let time = 0
  let have = new Set<number>()
  let announced = false
  let most = 0
  let growBy = Infinity
  let completeAt: number | undefined
  let choking = true

  const all = () => new Set(Array.from({ length: pieces }, (_, piece) => piece))
  const over = (): Verdict | undefined =>
    completeAt === undefined
      ? time > Math.min(bitfieldBy, growBy)
        ? "IncompletePeer"
        : undefined
      : time > completeAt + patience
        ? "ChokeTimeout"
        : undefined

  const say = (pieces: Set<number>) => {
    have = pieces
    if (completeAt !== undefined) return
    if (!announced || have.size > most) {
      most = have.size
      growBy = time + lazy
    }
    announced = true
  }

  const walk = (): Verdict => {
    for (const step of steps) {
      switch (step._tag) {
        case "Wait":
          time += step.ms
          moments.push(time)
          break
        case "Bitfield":
          say(new Set([...all()].filter((piece) => !step.missing.includes(piece))))
          break
        case "HaveAll":
          say(all())
          break
        case "HaveNone":
          say(new Set())
          break
        case "Have":
          if (over() === undefined && step.piece >= pieces) return "ProtocolViolation"
          say(new Set([...have, step.piece]))
          break
        case "Choke":
          choking = true
          break
        case "Unchoke":
          choking = false
          break
        case "Malformed":
        case "TooLong":
        case "BadBitfield":
          return over() ?? "ProtocolViolation"
        case "HangUp":
          return over() ?? "Disconnected"
        case "AwaitInterested":
          if (completeAt === undefined) return "IncompletePeer"
          break
      }
      const late = over()
      if (late !== undefined) return late
      if (completeAt === undefined && have.size === pieces) completeAt = time
      if (completeAt !== undefined && !choking) return "Link"
    }
    return completeAt === undefined ? "IncompletePeer" : "ChokeTimeout"
  }
  return { verdict: walk(), moments }
}
