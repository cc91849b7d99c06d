/** Where inputs are kept: seeds and findings in the repository, what the fuzzer has grown beside the build. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Target } from "../targets/Target.ts"

/** An input in a file. */
export interface Input {
  readonly name: string
  readonly bytes: Uint8Array
}

const below = (folder: string, target: string): string =>
  fileURLToPath(new URL(`../${folder}/${target}/`, import.meta.url))

/** Inputs that a target should know: real ones, and each kind of what it reads. */
export const seeds = ({ name, seedsOf = name }: Target): ReadonlyArray<Input> => inputsIn(below("seeds", seedsOf))

/** Inputs that once broke something. */
export const findings = ({ name }: Target): ReadonlyArray<Input> => inputsIn(below("findings", name))

/** Keeps an input that broke something; from now on it is a regression test. */
export const keepFinding = ({ name }: Target, bytes: Uint8Array): string => {
  const folder = below("findings", name)
  mkdirSync(folder, { recursive: true })
  const file = folder + nameOf(bytes)
  writeFileSync(file, bytes)
  return file
}

export const inputsIn = (folder: string): ReadonlyArray<Input> =>
  existsSync(folder)
    ? readdirSync(folder)
        .toSorted()
        .map((name) => ({ name, bytes: new Uint8Array(readFileSync(`${folder}/${name}`)) }))
    : []

/** Replaces what is in the folder. */
export const writeInputs = (folder: string, inputs: ReadonlyArray<Uint8Array>): void => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const bytes of inputs) writeFileSync(`${folder}/${nameOf(bytes)}`, bytes)
}

const nameOf = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex").slice(0, 16)
