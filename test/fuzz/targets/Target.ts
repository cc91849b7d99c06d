/** What can be fuzzed: some code that reads bytes from outside, and the oracles that say when it has read them wrongly. */

export interface Target {
  /** The name on the command line, and of the folder of its findings. */
  readonly name: string
  /** The folder of its seeds, where that is another's. */
  readonly seedsOf?: string
  /** Reads one input and throws where an oracle is broken. Deterministic, synchronous, and it leaves nothing behind. */
  readonly run: (bytes: Uint8Array) => void
  /** What an input is made of: decides which mutations keep enough of it intact to get behind the first check. */
  readonly shape: "bytes" | "bencode" | "frames" | "text"
  /** Inputs do not grow beyond this many bytes. */
  readonly maxLength: number
  /** How many blocks of code an input may run at most for each of its bytes (and for 64 more): linear time, counted rather than measured. */
  readonly workPerByte: number
  /** Inputs beside the seeds: written by hand, one for each thing that the code looks for, or made by Effect's `Arbitrary` from a Schema. */
  readonly samples: (seed: number) => ReadonlyArray<Uint8Array>
}
