/** Flags that contradict each other, or of which one makes another mean nothing: an error in words, before anything is done. */
import { Effect, Option } from "effect"
import { CliError } from "effect/cli"

/** The flags of any command that have something to do with each other; what a command does not have is left out. */
export interface Flags {
  readonly noTracker?: boolean
  readonly noWebSeeds?: boolean
  readonly noDht?: boolean
  readonly dhtNode?: ReadonlyArray<unknown>
  readonly localTracker?: boolean
  readonly insecureTracker?: boolean
  readonly strategy?: string
  readonly sequential?: boolean
  readonly links?: Option.Option<number>
  readonly seed?: boolean
  readonly ratio?: Option.Option<unknown>
  readonly seedTime?: Option.Option<unknown>
  readonly uploadLimit?: Option.Option<number>
  readonly maxPeers?: Option.Option<number>
  readonly port?: Option.Option<number>
  readonly magnet?: boolean
  readonly passKeys?: boolean
  readonly files?: ReadonlyArray<string>
  readonly not?: ReadonlyArray<string>
  readonly save?: Option.Option<string>
  readonly json?: boolean
  readonly quiet?: boolean
  readonly view?: boolean
  readonly exec?: Option.Option<string>
  readonly execShell?: Option.Option<string>
}

export interface Command {
  /** Whether it does nothing but seed. */
  readonly seeds: boolean
  /** Whether it asks web seeds. */
  readonly hasWebSeeds: boolean
}

/** Fails with the first contradiction, for `Command.validate`. */
export const consistent = (flags: Flags, command: Command): Effect.Effect<void, CliError.ValidationError> => {
  const message = contradiction(flags, command)
  return message === undefined ? Effect.void : Effect.fail(new CliError.ValidationError({ message }))
}

const contradiction = (flags: Flags, { hasWebSeeds, seeds }: Command): string | undefined => {
  const { dhtNode = [], magnet, noDht, noTracker, noWebSeeds, strategy = "swarm" } = flags
  const files = (flags.files ?? []).length > 0 || (flags.not ?? []).length > 0
  const given = (names: ReadonlyArray<readonly [string, boolean | Option.Option<unknown> | undefined]>) =>
    names.flatMap(([name, flag]) => (flag === true || (typeof flag === "object" && Option.isSome(flag)) ? [name] : []))

  if (noDht === true && dhtNode.length > 0) {
    return "--no-dht and --dht-node contradict each other: a node is there to enter the DHT by"
  }
  const [unseen] = given([
    ["--json", flags.json],
    ["--quiet", flags.quiet],
  ])
  if (flags.view === true && unseen !== undefined)
    return `--view shows what happens on a terminal, and ${unseen} does not`
  const [trusting] = given([
    ["--local-tracker", flags.localTracker],
    ["--insecure-tracker", flags.insecureTracker],
  ])
  if (trusting !== undefined && noTracker === true && (noWebSeeds === true || !hasWebSeeds)) {
    return hasWebSeeds
      ? `${trusting} is about trackers and web seeds, and with --no-tracker and --no-web-seeds none is asked`
      : `${trusting} is about trackers, and with --no-tracker none is asked`
  }
  if (strategy === "swarm" && given([["--links", flags.links]]).length > 0) {
    return "--links belongs to --strategy race and sequence: a swarm downloads from everybody who has something"
  }
  if (strategy !== "swarm" && flags.sequential === true) {
    return `--sequential belongs to --strategy swarm: in a ${strategy} it comes in that order anyway`
  }
  const [goal] = given([
    ["--seed", flags.seed],
    ["--ratio", flags.ratio],
    ["--seed-time", flags.seedTime],
  ])
  const [shared] = given([
    ["--upload-limit", flags.uploadLimit],
    ["--max-peers", flags.maxPeers],
    ["--port", flags.port],
  ])
  if (strategy !== "swarm" && (goal ?? shared) !== undefined) {
    return `${goal ?? shared} belongs to --strategy swarm: in a ${strategy} nobody is served, or can call us`
  }
  if ((seeds || goal !== undefined) && flags.uploadLimit !== undefined && isZero(flags.uploadLimit)) {
    return `--upload-limit 0 gives nobody anything, and ${seeds ? "to seed" : goal} is to give`
  }
  const [program, line] = given([
    ["--exec", flags.exec],
    ["--exec-shell", flags.execShell],
  ])
  if (line !== undefined) return `${program} and ${line} contradict each other: one thing is run`
  const [instead] = given([
    ["--magnet", magnet],
    ["--files", files],
    ["--pass-keys", flags.passKeys],
  ])
  if (instead !== undefined && flags.save !== undefined && Option.isSome(flags.save)) {
    return `--save writes the torrent to a file, and ${instead} prints something of it: one at a time`
  }
  if (magnet === true && flags.passKeys === true)
    return "--pass-keys is about what is shown, and --magnet prints a link, which has them anyway"
  if (magnet === true && files) return "--magnet prints a link and nothing else, so there are no --files"
  return undefined
}

const isZero = (flag: Option.Option<number>): boolean => Option.isSome(flag) && flag.value === 0
