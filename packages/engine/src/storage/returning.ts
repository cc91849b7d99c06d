/** A download may end, or be interrupted, in the middle of a piece: then its buffer goes back to the store. */
import { Effect, type Scope } from "effect"
import type { StoredTorrent } from "./PieceStore.ts"

/** The same store; whatever was lent by it and not written is given back when the scope ends. */
export const returning = (store: StoredTorrent): Effect.Effect<StoredTorrent, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lent = new Set<Uint8Array>()
    const giveBack = (buffer: Uint8Array) => {
      if (lent.delete(buffer)) store.giveBack(buffer)
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => lent.forEach(giveBack)))
    return {
      ...store,
      lend: () => {
        const buffer = store.lend()
        if (buffer !== undefined) lent.add(buffer)
        return buffer
      },
      giveBack,
      // From here on it is the store's to take back, however this ends.
      write: (piece, buffer) =>
        Effect.suspend(() => {
          lent.delete(buffer)
          return store.write(piece, buffer)
        }),
    }
  })
