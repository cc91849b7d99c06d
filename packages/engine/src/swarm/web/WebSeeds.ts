/**
 * The web seeds of a torrent.
 *
 * In a swarm they are asked from the beginning; where one complete peer after the other is downloaded from, when no peer is left. Invariant: from then on a web seed is here until it is given up; as long as one of them may
 * give us something, there is somebody to wait for.
 */
import { type Metainfo, WebSeedUrl } from "@unchoke/protocol"
import { type Context, Deferred, Effect, Latch, Option } from "effect"
import { Counted } from "../../observe/Counted.ts"
import * as Metrics from "../../observe/Metrics.ts"
import type { WebSeedFailed } from "../../sources/web/WebProblem.ts"
import { WebServer } from "../../sources/web/WebServer.ts"
import { WebSeed, type WebSurroundings } from "./WebSeed.ts"

/** The time between two reports of bytes, in milliseconds. */
const reportEvery = 1000

export interface WebSeedsOptions extends Omit<WebSurroundings, "server" | "namesOf"> {
  /** Whether they are asked at all. */
  readonly enabled: boolean
  /** Whether they are asked only when nobody else is left. */
  readonly atLast: boolean
  /** Of the run whose metrics count the bytes. */
  readonly context: Context.Context<never>
}

export class WebSeeds {
  readonly #options: WebSeedsOptions
  readonly #here = new Map<string, WebSeed>()
  readonly #gone = new Map<string, WebSeedFailed>()
  /** Of all of them, in the torrent's order. */
  #names: ReadonlyArray<string> = []
  readonly #told = new WeakMap<WebSeed, number>()
  readonly #counted = new Map<WebSeed, Counted>()
  readonly #complete = Deferred.makeUnsafe<void>()
  /** Opens when nobody else is left. */
  readonly #called = Latch.makeUnsafe(false)
  #isWaiting = false
  #toldAt = -Infinity

  constructor(options: WebSeedsOptions) {
    this.#options = options
  }

  of(name: string): WebSeed | undefined {
    return this.#here.get(name)
  }

  /** Whether one of them may still give us something. */
  get anyAlive(): boolean {
    if (this.#isWaiting) return true
    for (const seed of this.#here.values()) if (seed.isAlive) return true
    return false
  }

  /** Nobody else is left: they are asked from now on. Whether one of them may give us something. */
  call(): boolean {
    this.#called.openUnsafe()
    return this.anyAlive
  }

  /** Whether one of them owes us something. */
  get owe(): boolean {
    for (const { supply } of this.#here.values()) if (supply.owes) return true
    return false
  }

  /** What those answered that do not give us anything. */
  get failures(): ReadonlyArray<WebSeedFailed> {
    return this.#names.flatMap((name) => this.#gone.get(name) ?? this.#here.get(name)?.error ?? [])
  }

  nudge(): void {
    for (const seed of this.#here.values()) seed.nudge()
  }

  /** Readers wait for something else than before. */
  leap(): void {
    for (const seed of this.#here.values()) seed.leap()
  }

  stored(piece: number): void {
    for (const { supply } of this.#here.values()) supply.stored(piece)
  }

  /** To be called twice a second. */
  look(): void {
    for (const seed of this.#here.values()) seed.look()
    this.#count()
  }

  /** To be run twice a second: what came, once a second. */
  tell(): Effect.Effect<void> {
    const { now } = this.#options
    const isNews = [...this.#here.values()].some((seed) => this.#untold(seed) > 0)
    if (!isNews || now() - this.#toldAt < reportEvery) return Effect.void
    this.#toldAt = now()
    return this.#tellBytes
  }

  /** All is there: they are not asked any more, and what came from each is reported. */
  get completed(): Effect.Effect<void> {
    return Effect.andThen(this.#tellBytes, Deferred.succeed(this.#complete, undefined))
  }

  /** Fetches from all of them until each is given up, or all is there. */
  get run(): Effect.Effect<void> {
    const { enabled, plan, report, torrent } = this.#options
    if (!enabled || plan.complete || torrent.webSeeds.length === 0) return Effect.void
    return Effect.gen({ self: this }, function* () {
      const server = yield* Effect.serviceOption(WebServer)
      if (Option.isNone(server)) return
      if (this.#options.atLast) {
        this.#isWaiting = true
        yield* this.#called.await
        this.#isWaiting = false
      }
      const names = WebSeedUrl.namesOf(torrent)
      const byFile = new Map(torrent.files.map((file, nth) => [file, names[nth]!]))
      const around = {
        ...this.#options,
        server: server.value,
        namesOf: (file: Metainfo.TorrentFile) => byFile.get(file)!,
      }
      for (const [name, url] of namesOfAll(torrent.webSeeds)) {
        const seed = new WebSeed(url, name, around)
        this.#here.set(name, seed)
        this.#counted.set(seed, new Counted(Metrics.received, this.#options.context))
      }
      this.#names = [...this.#here.keys()]
      yield* Effect.forEach(
        [...this.#here.values()],
        Effect.fnUntraced({ self: this }, function* (seed: WebSeed) {
          const error = yield* seed.untilLost
          this.#here.delete(seed.name)
          this.#gone.set(seed.name, error)
          yield* this.#tellBytesOf(seed)
          yield* report({ _tag: "WebSeedLeft", error })
        }),
        { concurrency: "unbounded", discard: true },
      ).pipe(Effect.raceFirst(Deferred.await(this.#complete)))
      this.#here.clear()
    }).pipe(Effect.ensuring(Effect.sync(() => this.#count())))
  }

  #count(): void {
    for (const [seed, counted] of this.#counted) counted.upTo(seed.supply.requests.bytes)
  }

  get #tellBytes(): Effect.Effect<void> {
    return Effect.forEach([...this.#here.values()], (seed) => this.#tellBytesOf(seed), { discard: true })
  }

  #tellBytesOf(seed: WebSeed): Effect.Effect<void> {
    const bytes = this.#untold(seed)
    if (bytes === 0) return Effect.void
    this.#told.set(seed, seed.supply.requests.bytes)
    return this.#options.report({ _tag: "WebSeedReceived", url: seed.name, bytes })
  }

  /** Bytes that came from it since the last report. */
  #untold(seed: WebSeed): number {
    return seed.supply.requests.bytes - (this.#told.get(seed) ?? 0)
  }
}

/** How each is called, without what is not shown of its URL: those that are shown alike are numbered. */
const namesOfAll = (urls: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  const places = new Set<string>()
  for (const url of urls) {
    // The same place by two passwords is one.
    if (places.size === places.add(withoutUser(url)).size) continue
    const shown = WebSeedUrl.shown(url)
    let name = shown
    for (let nth = 2; names.has(name); nth++) name = `${shown} (${nth})`
    names.set(name, url)
  }
  return names
}

const withoutUser = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1")
