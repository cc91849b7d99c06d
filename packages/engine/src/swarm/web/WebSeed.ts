/**
 * A web seed of a torrent: a supplier like any other, which is asked for ranges of files.
 *
 * It has lanes, each with one request at a time. Invariants: what a lane does not get goes back to the plan, however it ends; a server that sends files only from their beginning is asked by one lane, in the order of the
 * data.
 */
import { Geometry, type Metainfo, type PeerMessage, WebSeedUrl } from "@unchoke/protocol"
import { Deferred, Duration, Effect, Exit, Latch } from "effect"
import type { DownloadEvent } from "../../DownloadEvent.ts"
import type { Gate } from "../Gate.ts"
import type { Filling } from "../../pieces/Filling.ts"
import type { PiecePlan } from "../../pieces/PiecePlan.ts"
import { failedAt, type WebProblem, type WebSeedFailed } from "../../sources/web/WebProblem.ts"
import type { WebServer } from "../../sources/web/WebServer.ts"
import type { Torrent } from "../../Torrent.ts"
import { BlockFeed } from "./BlockFeed.ts"
import { consequenceOf } from "./consequenceOf.ts"
import { Pauses } from "./Pauses.ts"
import { type Part, Reading } from "./Reading.ts"
import { type Run, runsOf } from "./runs.ts"
import { takeZeros } from "./takeZeros.ts"
import { WebSupply } from "./WebSupply.ts"

type Request = PeerMessage.Of<"Request">
type TorrentFile = Metainfo.TorrentFile

/** Requests at once. */
const lanes = 2

/** Bytes that nobody wants which are taken on the way to those that somebody does; or so many times as many as are wanted. */
const mostSkipped = 1 << 30
const timesWanted = 4

export interface WebSurroundings {
  readonly torrent: Torrent
  readonly plan: PiecePlan
  readonly server: WebServer["Service"]
  /** What the torrent calls each of its files. */
  readonly namesOf: (file: TorrentFile) => WebSeedUrl.Names
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  readonly inlet: Pick<Gate, "take"> | undefined
  /** How long it may send nothing of what it owes. */
  readonly deadline: Duration.Duration
  /** Prepares the disk: before anything is taken in. */
  readonly prepare: Effect.Effect<void>
  /** A piece is filled: verify and store it. Must not wait for the disk. */
  readonly filled: (filling: Filling) => Effect.Effect<void>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
  /** Tells something while the server is waited for. */
  readonly aside: (telling: Effect.Effect<void>) => Effect.Effect<void>
}

export class WebSeed {
  /** How it is shown, and by which the plan knows it. */
  readonly name: string
  readonly supply: WebSupply
  readonly #url: string
  readonly #around: WebSurroundings
  /** For each lane: opens when there may be something to fetch. */
  readonly #due = Array.from({ length: lanes }, () => Latch.makeUnsafe(true))
  readonly #end = Deferred.makeUnsafe<WebProblem>()
  /** Ends what the lanes are doing. */
  #leapt = Deferred.makeUnsafe<void>()
  /** Fails what the lanes are doing. */
  #broken = Deferred.makeUnsafe<never, WebProblem>()
  #last: WebProblem | undefined
  readonly #pauses = new Pauses()
  /** Opens when it has answered for the first time. */
  readonly #known = Latch.makeUnsafe(false)
  #hasJoined = false
  #hasLeft = false

  constructor(url: string, name: string, around: WebSurroundings) {
    this.#url = url
    this.#around = around
    this.name = name
    this.supply = new WebSupply({ name: this.name, plan: around.plan, now: around.now, lanes })
  }

  /** Whether it may still give us something, and soon. */
  get isAlive(): boolean {
    return !this.#hasLeft && this.supply.useful > 0 && this.#pauses.areShort(this.#around.now())
  }

  /** What it answered last that was of no use. */
  get error(): WebSeedFailed | undefined {
    return this.#last && this.#failure(this.#last)
  }

  #failure(problem: WebProblem): WebSeedFailed {
    return failedAt(this.#url, problem, this.name)
  }

  /** Something may have come back to the plan. */
  nudge(): void {
    for (const due of this.#due) due.openUnsafe()
  }

  /** Readers wait for something else than before: what a lane is at is left, unless it is a stream that cannot leap. */
  leap(): void {
    if (this.supply.inOrder) return
    const leapt = this.#leapt
    this.#leapt = Deferred.makeUnsafe()
    Deferred.doneUnsafe(leapt, Exit.void)
  }

  /** It sent what is not the torrent's. */
  condemn(piece: number): void {
    this.#leave({ _tag: "CorruptPiece", piece })
  }

  /** To be called twice a second. */
  look(): void {
    const waited = this.supply.look(this.#around.deadline)
    if (waited !== undefined) this.#break({ _tag: "Stalled", waited })
    this.nudge()
  }

  /** Fetches until it is given up; what it was given up for. */
  get untilLost(): Effect.Effect<WebSeedFailed> {
    const running = Effect.all(
      Array.from({ length: lanes }, (_, nth) => this.#lane(nth)),
      { concurrency: "unbounded", discard: true },
    )
    return Effect.raceFirst(Deferred.await(this.#end), Effect.andThen(running, Effect.never)).pipe(
      Effect.map((problem) => this.#failure(problem)),
      Effect.ensuring(Effect.sync(() => this.supply.leave())),
    )
  }

  #leave(problem: WebProblem): void {
    this.#last = problem
    this.#hasLeft = true
    Deferred.doneUnsafe(this.#end, Exit.succeed(problem))
  }

  #break(problem: WebProblem): void {
    const broken = this.#broken
    this.#broken = Deferred.makeUnsafe()
    Deferred.doneUnsafe(broken, Exit.fail(problem))
  }

  #lane(nth: number): Effect.Effect<void> {
    return Effect.scoped(
      Effect.gen({ self: this }, function* () {
        // What kind of a server it is, one lane finds out.
        if (nth > 0) yield* this.#known.await
        const lane = yield* this.#around.server.lane
        const reading = new Reading({
          lane,
          urlOf: (file) => WebSeedUrl.ofFile(this.#url, this.#around.namesOf(file)),
          inlet: this.#around.inlet,
          skipped: (bytes) => this.supply.skipped(bytes),
          opened: this.#opened,
        })
        yield* Effect.addFinalizer(() => reading.close)
        const isNeeded = () => nth === 0 || !this.supply.inOrder
        while (isNeeded()) {
          yield* this.#due[nth]!.await
          if (!this.supply.hasRoom) {
            yield* this.#idle(nth, reading)
            continue
          }
          const pause = this.#pauses.left(this.#around.now())
          if (pause > 0) {
            yield* reading.rest
            yield* Effect.sleep(Duration.millis(pause))
          }
          yield* lane.enter(this.#url)
          yield* this.#turn(nth, reading)
        }
      }),
    )
  }

  /** Fetches what is to be fetched next. */
  readonly #turn = Effect.fnUntraced({ self: this }, function* (nth: number, reading: Reading) {
    const blocks = this.#assign(nth)
    if (blocks.length === 0) return yield* this.#idle(nth, reading)
    const missing = new Set(blocks)
    let at: TorrentFile | undefined
    const fetching = Effect.forEach(
      runsOf(this.#around.plan.geometry, blocks),
      (run) => this.#fetch(nth, run, reading, missing, (file) => void (at = file)),
      { discard: true },
    )
    yield* fetching.pipe(
      Effect.raceFirst(Effect.andThen(Deferred.await(this.#leapt), reading.close)),
      Effect.raceFirst(Deferred.await(this.#broken)),
      Effect.ensuring(Effect.sync(() => this.supply.giveBack(missing))),
      Effect.catch((problem) => Effect.andThen(reading.close, this.#failed(problem, at))),
    )
  })

  /** There is nothing to fetch before the next nudge. */
  #idle(nth: number, reading: Reading): Effect.Effect<void> {
    this.#due[nth]!.closeUnsafe()
    // A stream that is half-way through is not given up because there is no buffer.
    return this.supply.inOrder ? Effect.void : reading.rest
  }

  #assign(nth: number): ReadonlyArray<Request> {
    const blocks = this.supply.assign(nth)
    if (blocks.length > 0 || !this.supply.inOrder || this.supply.owes || this.supply.useful === 0) return blocks
    // What has gone by is to be had from the beginning again.
    this.supply.passTo(0)
    return this.supply.assign(nth)
  }

  readonly #fetch = Effect.fnUntraced(
    { self: this },
    function* (
      nth: number,
      run: Run,
      reading: Reading,
      missing: Set<Request>,
      begins: (file: TorrentFile) => void,
    ): Effect.fn.Return<void, WebProblem> {
      const { filled, plan, torrent } = this.#around
      // Others may have sent it all in the meantime.
      if (!run.blocks.some((block) => this.supply.isWanted(block))) return
      let fillings: Array<Filling> = []
      let next = 0
      const feed = new BlockFeed(plan.geometry, (block) => {
        missing.delete(run.blocks[next++]!)
        const before = this.supply.requests.arrived
        const filling = this.supply.take(nth, block)
        if (this.supply.requests.arrived > before) this.#pauses.gaveBlock()
        if (filling !== undefined) fillings.push(filling)
      })
      feed.begin(run.blocks[0]!)
      const take = (bytes: Uint8Array) => {
        feed.take(bytes)
        if (fillings.length === 0) return Effect.void
        const all = fillings
        fillings = []
        return Effect.forEach(all, filled, { discard: true })
      }
      for (const { extent, length, within } of Geometry.spans(torrent.files, run.start, run.length)) {
        begins(extent)
        if (extent.padding) yield* Effect.andThen(this.#around.prepare, takeZeros(length, take))
        else {
          yield* Effect.tapError(reading.read({ file: extent, within, length }, take), () =>
            Effect.sync(() => this.supply.brokeOff(next)),
          )
          this.#gaveAll()
        }
      }
    },
  )

  /** Who sends files only from their beginning has not given all before the file ends. */
  #gaveAll(): void {
    if (this.supply.inOrder) return
    this.#pauses.gaveAll()
    this.supply.gaveAll()
  }

  readonly #opened = Effect.fnUntraced(
    { self: this },
    function* ({ file, length, within }: Part, isWhole: boolean): Effect.fn.Return<void, WebProblem> {
      if (isWhole && (within > 0 || length < file.length)) {
        if (within > Math.max(mostSkipped, timesWanted * (file.length - within))) {
          return yield* Effect.fail<WebProblem>({ _tag: "IgnoresRange", skipped: within })
        }
        if (!this.supply.inOrder) this.supply.passTo(file.offset + within + length)
      }
      if (!this.#hasJoined) {
        this.#hasJoined = true
        yield* this.#around.aside(this.#around.report({ _tag: "WebSeedJoined", url: this.name, ranges: !isWhole }))
        yield* this.#known.open
      }
      yield* this.#around.prepare
    },
  )

  readonly #failed = Effect.fnUntraced({ self: this }, function* (problem: WebProblem, file: TorrentFile | undefined) {
    const { now, report, torrent } = this.#around
    // What breaks both lanes is one failure.
    if (this.#hasLeft || this.#pauses.left(now()) > 0) return
    this.#last = problem
    const error = this.#failure(problem)
    switch (consequenceOf(problem)) {
      case "without the file":
        if (file === undefined || torrent.files.length === 1) return this.#leave(problem)
        this.supply.lacks(file)
        yield* report({ _tag: "WebSeedLacks", path: file.path.join("/"), error })
        return this.supply.useful === 0 ? this.#leave(problem) : undefined
      case "left":
        return this.#leave(problem)
      case "later": {
        const pause = this.#pauses.fail(problem, now())
        if (pause === undefined) return this.#leave(problem)
        yield* report({ _tag: "WebSeedPaused", error, pause })
      }
    }
  })
}
