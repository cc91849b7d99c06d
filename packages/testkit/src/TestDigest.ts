/** Hashes at once: under a test's clock nothing may take real time. */
import { createHash } from "node:crypto"
import { Effect, Layer } from "effect"
import { Digest } from "effect/crypto"

/** `Digest` by `node:crypto`, in the same tick. */
export const layer: Layer.Layer<Digest.Digest> = Layer.succeed(Digest.Digest)({
  digest: (algorithm, data) =>
    Effect.sync(() => new Uint8Array(createHash(algorithm.name.replace("-", "").toLowerCase()).update(data).digest())),
  digestHex: (algorithm, data) =>
    Effect.sync(() => createHash(algorithm.name.replace("-", "").toLowerCase()).update(data).digest("hex")),
})
