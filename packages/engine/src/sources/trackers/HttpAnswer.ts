/**
 * What an HTTP tracker answers (BEP 3, 7, 23): read as it comes, bounded, and taken when it is whole.
 *
 * Trackers announce more bytes than they send, forget the last chunk, and leave the connection open after all was said: an answer ends where its bencode does.
 */
import { TrackerReply } from "@unchoke/protocol"
import { Bytes, Duration, Effect, Option, Result, Stream } from "effect"
import { Headers, type HttpClientResponse } from "effect/http"
import { TrackerProblem } from "./TrackerFailed.ts"
import { unreachable } from "./unreachable.ts"

/** More than any honest answer: 2000 peers as dictionaries are 150 KiB. */
export const maxAnswerLength = 2 * 1024 * 1024

/** So long a silence, and it is looked whether all has been said. */
export const quiet = Duration.millis(500)

/** Unpacks what gzip has packed, into at most `limit` bytes; `undefined` when it would be more, and a reason when it is not gzip's. */
export type Gunzip = (packed: Uint8Array, limit: number) => Effect.Effect<Uint8Array | undefined, string>

type Response = HttpClientResponse.HttpClientResponse

/** The answer; `gunzip` unpacks one that was packed without being asked for, and without it such an answer is a bad one. */
export const answerOf = (
  response: Response,
  gunzip: Gunzip | undefined,
): Effect.Effect<TrackerReply.Announced, TrackerProblem> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const said = Effect.suspend(() => unpacked(response, Bytes.concat(chunks), gunzip)).pipe(
      Effect.flatMap((body) => replyOf(response, body)),
    )
    const toTheEnd = Stream.runForEach(response.stream, (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      return length <= maxAnswerLength ? Effect.void : Effect.fail(tooLong)
    }).pipe(
      Effect.andThen(said),
      Effect.catchTag("HttpClientError", (error) =>
        Effect.catchTag(said, "BadAnswer", () => Effect.fail(cutOff(error))),
      ),
    )
    const toItsOwnEnd = Effect.gen(function* () {
      for (let looked = 0; ;) {
        const before = length
        yield* Effect.sleep(quiet)
        if (length !== before || length === looked) continue
        looked = length
        const reply = yield* Effect.catchTag(Effect.asSome(said), "BadAnswer", () => Effect.succeedNone)
        if (Option.isSome(reply)) return reply.value
      }
    })
    return Effect.raceFirst(toTheEnd, toItsOwnEnd)
  })

export const badAnswer = (why: string): TrackerProblem => TrackerProblem.make({ _tag: "BadAnswer", why })

const tooLong = TrackerProblem.make({ _tag: "AnswerTooLong", limit: maxAnswerLength })

/** It had begun to answer, so whatever ended that is not that it cannot be reached. */
const cutOff = (error: unknown): TrackerProblem => {
  const problem = unreachable(error)
  return problem._tag === "Unreachable"
    ? TrackerProblem.make({ _tag: "Unreachable", reason: "cut off", cause: problem.cause })
    : problem
}

const unpacked = (
  response: Response,
  body: Uint8Array,
  gunzip: Gunzip | undefined,
): Effect.Effect<Uint8Array, TrackerProblem> => {
  const encoding = Option.getOrElse(Headers.get(response.headers, "content-encoding"), () => "identity")
  if (gunzip === undefined || !/^(x-)?gzip$/i.test(encoding)) return Effect.succeed(body)
  return gunzip(body, maxAnswerLength).pipe(
    Effect.mapError((why) => badAnswer(`not what gzip packs: ${why}`)),
    Effect.flatMap((bytes) => (bytes === undefined ? Effect.fail(tooLong) : Effect.succeed(bytes))),
  )
}

/** Some trackers refuse with an error status; their reason says more than it. */
const replyOf = ({ status }: Response, body: Uint8Array): Effect.Effect<TrackerReply.Announced, TrackerProblem> => {
  const reply = TrackerReply.fromBytes(body)
  if (Result.isSuccess(reply) && reply.success._tag === "Refused") {
    return Effect.fail(TrackerProblem.make({ _tag: "Refused", reason: reply.success.reason }))
  }
  if (status !== 200) return Effect.fail(TrackerProblem.make({ _tag: "HttpStatus", status }))
  return Result.isSuccess(reply) && reply.success._tag === "Announced"
    ? Effect.succeed(reply.success)
    : Effect.fail(badAnswer(Result.getOrElse(Result.flip(reply), () => "")))
}
