/** A defect is ours: say so, with everything that helps to find it. */
import { Cause, Effect } from "effect"
import { Self } from "@unchoke/engine/internal"
import { Screen } from "./Screen.ts"

export const confessed = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Screen> =>
  Effect.tapCause(program, (cause) =>
    cause.reasons.some(Cause.isDieReason)
      ? Screen.use(({ err, note }) =>
          note(
            `${err.red("error:")} a defect in unchoke ${Self.version} (Node ${process.version}); please report it.\n${Cause.pretty(cause)}`,
          ),
        )
      : Effect.void,
  )
