/** The command under test, as a user has it: the built CLI in a process of its own. */
import { fileURLToPath } from "node:url"
import { run } from "./Process.ts"

/** `UNCHOKE` names another build, such as the one of an installed package. */
export const cli = process.env.UNCHOKE ?? fileURLToPath(new URL("../../packages/cli/bin/unchoke.js", import.meta.url))

export const unchoke = (...args: ReadonlyArray<string>) => run(process.execPath, [cli, ...args])
