/**
 * A worker's program as text, made of functions that stand alone. A file beside would have another name in the sources, in `dist` and in a bundle, and would keep a program from being one file.
 *
 * Bundlers that keep names (esbuild's, so tsx too) wrap each inner function in a call of a helper of their own, which the text of a function does not bring along; the program begins with one that does nothing.
 */
export const workerProgram = (main: (...parts: never) => unknown, ...parts: ReadonlyArray<string>): string =>
  `${nameKeeper === undefined ? "" : `const ${nameKeeper} = (named) => named;\n`}(${main})(${parts.join(", ")})`

/** A function with one in it whose name is kept. */
const sample = (): (() => number) => {
  const named = () => 0
  return named
}

/** What the helper is called here, if there is one. */
const nameKeeper = /([\w$]+)\(\s*\(\)\s*=>\s*0\s*,\s*["'`]named["'`]\s*\)/.exec(String(sample))?.[1]
