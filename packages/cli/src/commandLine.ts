/** The arguments as people type them, for a parser that takes them more strictly. */
import { Option } from "effect"

/** `commands` are the names of those that there are. */
export const commandLine = (args: ReadonlyArray<string>, commands: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first, second] = args
  if (first === undefined) return ["--help"]
  if (first === "show") return withNegativeValues(withBareFiles(args))
  if (first !== "help") return withNegativeValues(args)
  if (second === undefined || second.startsWith("-")) return ["--help"]
  // The parser has words for a command that there is not.
  return commands.includes(second) ? [second, "--help"] : [second]
}

/** The argument that is empty, in words. As a rule it was to be a variable's value, and would stand for the working folder. */
export const emptyArgument = (args: ReadonlyArray<string>): Option.Option<string> => {
  const at = args.findIndex((arg) => arg === "" || /^--?[a-z-]+=$/.test(arg))
  if (at < 0) return Option.none()
  const flag = args[at] === "" ? args[at - 1] : args[at]!.slice(0, -1)
  return Option.some(flag?.startsWith("-") === true ? `the value of ${flag}` : `argument ${at + 1}`)
}

/** The parser takes "-1s" for flags, and then has three things to say about it; none of ours begins with a digit. */
const withNegativeValues = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  const joined: Array<string> = []
  for (const [at, arg] of args.entries()) {
    const flag = joined.at(-1)
    const isValue = /^-[\d.]/.test(arg) && flag !== undefined && /^--?[a-z][a-z-]*$/.test(flag)
    if (isValue && (end < 0 || at < end)) joined[joined.length - 1] = `${flag}=${arg}`
    else joined.push(arg)
  }
  return joined
}

/** `show --files` alone lists them; the parser wants a value. What names a torrent is none. */
const withBareFiles = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return args.map((arg, at) => {
    const next = args[at + 1]
    const isBare = next === undefined || next.startsWith("-") || isTorrent.test(next)
    return arg === "--files" && isBare && (end < 0 || at < end) ? "--files=" : arg
  })
}

/** A file that is a torrent, an address, a magnet link or an info hash. */
const isTorrent = /\.torrent$|^(?:magnet:|https?:)|^[0-9a-f]{40}$/i
