import { Flag } from "effect/cli"
import { wholeFromText } from "./quantities.ts"

/** A flag for a port; 0 is any that is free. `example`: one that people use for it. */
export const portFlag = (name: string, example: number, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("0..65535"),
    Flag.withDescription(description),
    Flag.filterMap(wholeFromText(0, 65_535), () => `a port from 1 to 65535, such as ${example}, or 0 for any`),
  )
