/** The torrent of a link, for commands that download nothing: peers are asked what it is. */
import type { MagnetLink } from "@unchoke/protocol"
import { Effect, Schema, Stream } from "effect"
import { DownloadEvent, type DownloadOptions, type Torrent, Unchoke } from "@unchoke/engine"
import { Interruption } from "../Interruption.ts"
import { flagged } from "../render/flagged.ts"
import * as Describing from "../render/Describing.ts"
import { sourceNotes } from "../render/downloadNotes.ts"
import { fitWords } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { alone, type Place } from "../many/Place.ts"
import { interruptedLine } from "./explained.ts"
import { isLink } from "../torrentFile.ts"

export const described = Effect.fnUntraced(function* (
  source: Torrent | MagnetLink.MagnetLink,
  options: DownloadOptions,
  json: boolean,
  place: Place = alone,
) {
  if (!isLink(source)) return source
  const { err } = yield* Screen.Screen
  const interruption = yield* Interruption
  let torrent: Torrent | undefined
  let describing = Describing.none
  const toJson = Schema.encodeSync(Schema.fromJsonString(DownloadEvent))
  const events = (yield* Unchoke).describe(source, {
    ...options,
    described: (known) => Effect.sync(() => (torrent = known)),
  })
  yield* Effect.gen(function* () {
    if (!json) yield* Screen.follow((_, columns) => fitWords(Describing.line(describing), columns ?? Infinity))
    yield* Stream.runForEach(place.through(events), (event) => {
      describing = Describing.step(describing, event)
      return json
        ? Screen.print(toJson(flagged(event)))
        : Effect.forEach(sourceNotes(event, err), Screen.note, { discard: true })
    })
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() =>
      json
        ? Screen.print(interruptedLine(interruption, {}))
        : Screen.note("Stopped: it is not known yet what the torrent is."),
    ),
  )
  // A description that does not come is a failure of the stream.
  return torrent!
})
