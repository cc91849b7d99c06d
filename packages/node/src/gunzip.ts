/** Unpacks with Node's zlib, which is loaded for the first answer that needs it. */
import { Effect } from "effect"
import type { TrackerOptions } from "@unchoke/engine"

/** Unpacks gzip, to so many bytes at most: for answers of trackers and for `.torrent` files from the web. */
export const gunzip: NonNullable<TrackerOptions["gunzip"]> = (packed, limit) =>
  Effect.flatMap(
    Effect.promise(() => import("node:zlib")),
    (zlib) =>
      Effect.callback((resume) =>
        zlib.gunzip(packed, { maxOutputLength: limit }, (error: NodeJS.ErrnoException | null, bytes) => {
          if (error === null) resume(Effect.succeed(bytes))
          else resume(error.code === "ERR_BUFFER_TOO_LARGE" ? Effect.succeed(undefined) : Effect.fail(error.message))
        }),
      ),
  )
