/** How long we wait for a peer, phase by phase. Every wait on a peer has one of these. */
import { Duration } from "effect"

/** Some of the deadlines, as somebody gives them: the longest that is waited for each thing that a peer can do. */
export interface Given {
  /** For the TCP connection. */
  readonly connect?: Duration.Input | undefined
  /** The same while other candidates wait for a dial slot: libtorrent waits 15 s, anacrolix shrinks to 3 s. */
  readonly connectHurried?: Duration.Input | undefined
  /** For the peer's handshake; 4 s lose 1 % of the handshakes that 60 s would get (anacrolix). */
  readonly handshake?: Duration.Input | undefined
  /** For everything it has, from the handshake on; a peer with nothing says nothing at all. */
  readonly bitfield?: Duration.Input | undefined
  /** For the next `have` of a peer whose bitfield has holes: a lazy bitfield fills them at once. */
  readonly lazyHave?: Duration.Input | undefined
  /** For `unchoke` after `interested`. In a race it covers a 15 s round and a 30–40 s optimistic one and costs nobody's time. */
  readonly unchoke?: Duration.Input | undefined
  /** For the next block while requests are out (libtorrent 20 s, transmission 25 s). */
  readonly block?: Duration.Input | undefined
  /** The same while others could take its place: a stall is then nobody's disk that wakes up, or not worth the wait. */
  readonly blockHurried?: Duration.Input | undefined
}

/** All of them. Whatever exceeds one ends the conversation, and the error says which it was. */
export type Deadlines = { readonly [Phase in keyof Given]-?: Duration.Duration }

/** The deadlines of a race, where an unwilling peer holds up nobody. */
export const race: Deadlines = {
  connect: Duration.seconds(5),
  connectHurried: Duration.seconds(2),
  handshake: Duration.seconds(5),
  bitfield: Duration.seconds(5),
  lazyHave: Duration.seconds(1),
  unchoke: Duration.seconds(45),
  block: Duration.seconds(20),
  blockHurried: Duration.seconds(4),
}

/** The deadlines of a sequence, where the next peer waits for this one: a round of unchokes takes 10 s with transmission, and not quite that with others. */
export const sequence: Deadlines = { ...race, unchoke: Duration.seconds(12) }

/** The deadlines of a strategy, but for those that are given. In a swarm they are those of a race. */
export const of = (strategy: "swarm" | "race" | "sequence", given: Given = {}): Deadlines => ({
  ...(strategy === "sequence" ? sequence : race),
  ...Object.fromEntries(
    Object.entries(given).flatMap(([phase, wait]) =>
      wait === undefined ? [] : [[phase, Duration.fromInputUnsafe(wait)]],
    ),
  ),
})
