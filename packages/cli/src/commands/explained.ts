/** How a command that failed tells so: in words on stderr, and with `--json` as the last line on stdout as well. */
import { Effect, Schema } from "effect"
import {
  AlreadyRunning,
  InvalidOption,
  InvalidTorrent,
  ListenFailed,
  NoPeers,
  NoSuitablePeer,
  NothingChosen,
  StorageError,
  Uncreatable,
  UnsupportedTorrent,
} from "@unchoke/engine"
import { codeOf, ExitCode, meaningOf } from "../ExitCode.ts"
import type { Interruption } from "../Interruption.ts"
import { type Failure, failure } from "../render/failure.ts"
import type { Given } from "../render/Given.ts"
import { NamesNothing } from "../many/NamesNothing.ts"
import { SameFiles } from "../many/SameFiles.ts"
import { Screen } from "../Screen.ts"
import { NoSuchFile } from "../NoSuchFile.ts"
import { InForce, type InvalidSettings } from "../settings/Setting.ts"
import { NotMoved } from "../afterwards/NotMoved.ts"
import { ProgramFailed } from "../afterwards/ProgramFailed.ts"
import { NobodyLeft } from "../NobodyLeft.ts"
import { NothingToSeed } from "../NothingToSeed.ts"
import { UnreadableTorrent, Unwritable } from "../torrentFile.ts"

const errors = Schema.Union([
  NoSuitablePeer,
  NoPeers,
  StorageError,
  InvalidOption,
  InvalidTorrent,
  UnsupportedTorrent,
  UnreadableTorrent,
  Unwritable,
  NothingToSeed,
  NotMoved,
  ProgramFailed,
  NoSuchFile,
  ListenFailed,
  NothingChosen,
  AlreadyRunning,
  SameFiles,
  NamesNothing,
  NobodyLeft,
  Uncreatable,
])

/** Its codec is made when it is needed: it would cost each start a millisecond. */
const encode = (error: Failure): object => Schema.encodeSync(Schema.toCodecJson(errors))(error) as object

/** How it ended, as the last line of `--json`. */
export const lastLine = (exitCode: number, how: object): string =>
  JSON.stringify({ ...how, exitCode, means: meaningOf(exitCode) })

/** The last line of what has come to its end. `total` is what there is by then. */
export const endedLine = (total: object): string => lastLine(ExitCode.done, { _tag: "Ended", ...total })

/** The last line of what has failed. `total` is what there is by then. */
export const failureLine = (error: Failure, total: object = {}): string =>
  lastLine(codeOf(error), { ...total, ...encode(error) })

/** The only line where the settings make no sense: nothing was done. */
export const invalidSettingsLine = ({ faults, sentences }: InvalidSettings): string =>
  lastLine(ExitCode.other, {
    _tag: "InvalidSettings",
    faults: faults.map((fault, at) => ({ ...fault, message: sentences[at] })),
  })

/** The only line where the command line makes no sense. */
export const invalidInvocationLine = (message: string): string =>
  lastLine(ExitCode.other, { _tag: "InvalidInvocation", message })

/** The last line after Ctrl-C and the like. `kept` is what there is by then. */
export const interruptedLine = (interruption: Interruption["Service"], kept: object): string =>
  lastLine(interruption.code, { _tag: "Interrupted", ...kept })

export const explained =
  <F extends Failure>(
    flags: Given & { readonly json?: boolean },
    inWords: (error: F, given: Given) => ReadonlyArray<string> = failure,
    /** What the last line of `--json` tells beside the error. */
    total: () => object = () => ({}),
  ) =>
  <A, R>(command: Effect.Effect<A, F, R>): Effect.Effect<A, F, R | Screen> =>
    Effect.tapError(
      command,
      Effect.fnUntraced(function* (error) {
        const screen = yield* Screen
        if (flags.json === true) yield* screen.print(failureLine(error, total()))
        const [first, ...rest] = inWords(error, { ...flags, settings: yield* InForce })
        yield* screen.note(`${screen.err.red("error:")} ${first}`)
        yield* Effect.forEach(rest, screen.note, { discard: true })
      }),
    )
