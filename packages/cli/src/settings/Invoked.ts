/** What the program was started with: its arguments and its environment. */
import { Context } from "effect"
import type { Variables } from "./inEnvironment.ts"

export class Invoked extends Context.Service<
  Invoked,
  { readonly args: ReadonlyArray<string>; readonly environment: Variables }
>()("@unchoke/cli/Invoked") {}
