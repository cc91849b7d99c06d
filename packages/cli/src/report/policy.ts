import { createHash } from "node:crypto"

/** What a page may do: show what is in it, in its own style, and run its own script. Whatever else may have got into it, a browser does not run, fetch or send. */
export const policyOf = (style: string, script: string): string =>
  [
    "default-src 'none'",
    `style-src '${digestOf(style)}'`,
    `script-src '${digestOf(script)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ")

const digestOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`
