import { Geometry } from "@unchoke/protocol"
import { Effect } from "effect"

/** A padding file is nowhere (BEP 47): it is so many zeros. */
export const takeZeros = (length: number, take: (bytes: Uint8Array) => Effect.Effect<void>): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.suspend(() => {
      const bytes = zeros.subarray(0, Math.min(length, zeros.length))
      const rest = length - bytes.length
      return rest === 0 ? take(bytes) : Effect.andThen(take(bytes), takeZeros(rest, take))
    }),
  )

const zeros = new Uint8Array(Geometry.blockSize)
