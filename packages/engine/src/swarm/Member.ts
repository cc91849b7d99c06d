/**
 * One peer in our swarm: a link with a half that takes (`Drain`) and a half that gives (`Serve`).
 *
 * One Effect per socket read, never per block. One fiber reads; while there is something to say, or to serve, another one does, so a peer that does not read holds up neither its own blocks nor anybody else. Invariants:
 * reading never waits for writing; whatever makes something due only says so; however it ends, what it had begun goes back to the plan, and it can ask for nothing more.
 */
import type { Bitfield } from "@unchoke/protocol"
import { Array, type Cause, type Context, Deferred, Effect, Exit, Fiber } from "effect"
import { NetAddress } from "effect/net"
import type { Breach } from "../peer/Breach.ts"
import { Chore } from "../peer/Chore.ts"
import { Drain } from "../peer/Drain.ts"
import { Dismissed, type LinkError, ProtocolViolation, type Seen } from "../peer/errors.ts"
import { hear } from "../peer/hear.ts"
import { greeting } from "../peer/Introduction.ts"
import { type Link, type Messages, nobody } from "../peer/Link.ts"
import type { About } from "../peer/Self.ts"
import { Serve } from "../peer/Serve.ts"
import { Terms } from "../peer/Terms.ts"
import type { Holding } from "../pieces/Availability.ts"
import { Requests } from "../pieces/Requests.ts"
import { listensAt } from "./listensAt.ts"
import type { MemberOptions, Surroundings } from "./Surroundings.ts"
import { Tidings } from "./Tidings.ts"

/** So many words wait for a peer that does not read; an honest one has read long before. */
const mostUnsaid = 4096

/** Who has come says what it has, and is told of others, within so many milliseconds. */
const settlesIn = 5000

export class Member {
  readonly link: Link
  readonly name: string
  readonly incoming: boolean
  /** When it joined, by the stopwatch. */
  readonly since: number
  readonly drain: Drain
  readonly serve: Serve
  readonly terms: Terms
  readonly #around: Surroundings
  readonly #lost = Deferred.makeUnsafe<never, LinkError>()
  readonly #speaking = new Chore(() => this.#speak)
  readonly #giving = new Chore(() => this.serve.turns())
  readonly #holding: Holding
  readonly #allowed = new Set<number>()
  readonly #tidings: Tidings
  #turned = false
  /** Bytes a second of late, as of the last look; not known before it has been here for a second. Asked for far more often than it changes. */
  #rate: number | undefined

  constructor(link: Link, { incoming, interested, told }: MemberOptions, around: Surroundings) {
    const { now, plan } = around
    this.link = link
    this.name = NetAddress.formatInet(link.peer)
    this.incoming = incoming
    this.since = now()
    this.#tidings = new Tidings(this.since)
    this.#around = around
    const requests = new Requests(plan, {
      peer: this.name,
      has: (piece) => this.pieces.has(piece) && (!link.state().choking || this.#allowed.has(piece)),
      complete: () => this.pieces.complete,
      rate: () => this.#rate,
      early: () => this.drain.early,
      waited: () => this.drain.waited,
    })
    this.drain = new Drain(link, requests, this.#allowed, { ...around, othersWait: () => around.othersWait(this) })
    this.serve = new Serve(link, around.serving, now)
    this.terms = new Terms(link, interested)
    this.terms.count((piece) => plan.lacks(piece))
    this.#holding = plan.availability.join(this.pieces)
    around.gossip?.listenTo(link)
    for (let piece = 0; piece < (told?.size ?? 0); piece++) {
      if (!told!.has(piece) && around.serving.has(piece)) this.#tidings.got(piece, this.since)
    }
    link.observe({
      gained: (piece) => this.#gained(piece),
      replaced: () => this.#replaced(),
    })
  }

  get peer(): NetAddress.InetAddress {
    return this.link.peer
  }

  /** Whether blocks have gone either way: the connection stands for both of us. */
  get hasExchanged(): boolean {
    return this.drain.requests.bytes > 0 || this.serve.sent > 0
  }

  /** Which peer an error is about, and what is known of it. */
  get about(): { readonly peer: NetAddress.InetAddress; readonly seen: Seen } {
    return { peer: this.peer, seen: this.link.seen() }
  }

  /** What it has. */
  get pieces(): Bitfield.Bitfield {
    return this.link.state().pieces
  }

  /** Where it is called, if that is known: where we have called it, or where it says that it listens. */
  get listens(): NetAddress.InetAddress | undefined {
    return this.incoming ? listensAt(this.link) : this.peer
  }

  /** A piece is stored here: it may be told, and may be of less use. */
  stored(piece: number): void {
    if (this.pieces.has(piece)) this.terms.gained(-1)
    else if (this.#around.serving.announces) {
      this.#tidings.got(piece, this.#around.now())
      this.#around.stirred(this)
    }
    this.nudge()
  }

  /** What we have got meanwhile is to be told. */
  tellHaves(): void {
    if (this.#tidings.any) this.#speaking.due()
  }

  /** What we say of ourselves is something else now: the extended handshake may be repeated (BEP 10). */
  tellAbout(about: About): void {
    const news = greeting(this.link.extensions, about)
    this.#tidings.announce(news)
    if (news.length > 0) this.#speaking.due()
  }

  /** A buffer has come back, a piece was left, or its turn has changed: it may have to be told something. Waits for nothing. */
  readonly nudge = (): void => {
    if (this.drain.sending) return
    const asks = this.#asks && this.drain.wantsMore
    if (asks || this.terms.isDue || this.drain.requests.hasCancels || this.serve.unsaid > 0) this.#speaking.due()
  }

  /** Whether nothing comes of looking at it twice a second: nobody waits for anything, and nothing is to be told. */
  get isAtRest(): boolean {
    const { now } = this.#around
    if (this.terms.serving || this.terms.wants || this.terms.standing === "supplying") return false
    return !this.#tidings.any && now() - this.since >= settlesIn && this.drain.isAtRest
  }

  /** To be called twice a second, or now and then while it is at rest. Says why it has to go, if it has. */
  look(): LinkError | undefined {
    const now = this.#around.now()
    if (this.#tidings.areDue(now) || this.#around.gossip?.isDue(this.link) === true) this.#speaking.due()
    const end = this.drain.look()
    if (this.serve.misled) return this.#misled
    if (now - this.since >= 1000) this.#rate = this.drain.rates.late
    this.nudge()
    return end
  }

  /** Ends it. */
  dismiss(why: LinkError): void {
    Deferred.doneUnsafe(this.#lost, Effect.fail(why))
  }

  /** We serve it from now on, or no longer. */
  setServing(serving: boolean): boolean {
    if (this.terms.serving === serving) return false
    this.terms.serve(serving)
    if (serving) this.serve.unchoke()
    else this.serve.choke()
    this.nudge()
    return true
  }

  /** Fails when it is lost, or dismissed. */
  get untilLost(): Effect.Effect<never, LinkError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.contextWith((context: Context.Context<never>) => {
        const lost = (why: Cause.Cause<LinkError>) => void Deferred.doneUnsafe(this.#lost, Exit.failCause(why))
        const reading = Effect.runForkWith(context)(Effect.forever(this.#read, { disableYield: true }))
        reading.addObserver((exit) => Exit.isFailure(exit) && lost(exit.cause))
        this.nudge()
        this.#speaking.begin(context, lost)
        this.#giving.begin(context, lost)
        const end = Effect.suspend(() =>
          Effect.andThen(Fiber.interrupt(reading), Effect.andThen(this.#speaking.end, this.#giving.end)),
        )
        return Effect.ensuring(restore(Deferred.await(this.#lost)), end)
      }),
    ).pipe(Effect.ensuring(Effect.sync(() => this.#leave())))
  }

  // The first piece of a batch may end this link. The second one is filled all the same, and nobody but us knows.
  get #read(): Effect.Effect<void, LinkError> {
    const { filled, inlet, turned } = this.#around
    const pull =
      inlet === undefined ? this.link.pull : Effect.tap(this.link.pull, (batch) => inlet.take(bytesOf(batch)))
    const take = (batch: Messages) => {
      this.#around.stirred(this)
      const breach = this.#take(batch)
      const fillings = this.drain.endTurn()
      this.nudge()
      if (this.serve.isOrdered) this.#giving.due()
      const rest = this.#turned ? turned(this) : Effect.void
      this.#turned = false
      const told =
        fillings.length === 0 ? rest : Effect.andThen(Effect.forEach(fillings, filled, { discard: true }), rest)
      return breach === undefined ? told : Effect.andThen(told, Effect.fail(this.#violation(breach)))
    }
    return Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(pull), take))
  }

  #take(batch: Messages): Breach | undefined {
    const { drain, link, serve } = this
    const { arrived } = drain.requests
    let breach: Breach | undefined
    for (let i = 0; i < batch.length && breach === undefined; i++) {
      const message = batch[i]!
      breach = hear(this, message)
      switch (message._tag) {
        case "Choke":
        case "Unchoke":
        case "Interested":
        case "NotInterested":
          this.#turned = true
          break
        case "HaveNone":
        case "Bitfield":
          // It had what we need, or it would not be here.
          if (this.#around.need?.isMetBy(this.pieces) === false) {
            breach = { rule: "pieces taken back", detail: "it had every piece before" }
          }
      }
    }
    if (serve.misled) this.dismiss(this.#misled)
    link.talk.forgive(drain.requests.arrived - arrived)
    if (serve.unsaid > mostUnsaid) {
      breach ??= { rule: "flood", detail: `${serve.unsaid} answers that it does not read` }
    }
    return breach
  }

  get #speak(): Effect.Effect<void, LinkError> {
    return Effect.suspend(() => {
      const words = this.#tidings.take(this.pieces)
      this.terms.tell(words)
      this.serve.takeWords(words)
      this.drain.requests.takeCancels(words)
      if (this.#asks) this.drain.ask(words)
      this.#around.gossip?.tell(this.link, this.#around.neighbours(), words)
      this.#tidings.close(words, this.#around.now())
      if (!Array.isArrayNonEmpty(words)) return Effect.void
      this.#around.stirred(this)
      this.drain.sending = true
      return Effect.ensuring(
        this.link.send(...words),
        Effect.sync(() => {
          this.drain.sending = false
          this.nudge()
        }),
      )
    })
  }

  get #asks(): boolean {
    return this.terms.useful > 0 && this.#around.isReady()
  }

  #gained(piece: number): void {
    this.#holding.have(piece)
    if (!this.#around.plan.lacks(piece)) return
    this.terms.gained(1)
    this.drain.requests.gained()
    if (this.terms.useful === 1) this.#turned = true
  }

  #replaced(): void {
    this.#holding.replace(this.pieces)
    this.terms.count((piece) => this.#around.plan.lacks(piece))
    this.drain.requests.gained()
    this.#turned = true
  }

  #leave(): void {
    this.link.observe(nobody)
    this.#holding.leave()
    this.drain.requests.leave()
    this.serve.choke()
  }

  get #misled(): Dismissed {
    return new Dismissed({ ...this.about, reason: "promised too much" })
  }

  #violation({ detail, rule }: Breach): ProtocolViolation {
    return new ProtocolViolation({ ...this.about, phase: "download", rule, detail })
  }
}

/** Bytes of the blocks among them: what else a peer says is not worth counting. */
const bytesOf = (batch: Messages): number =>
  batch.reduce((sum, message) => (message._tag === "Piece" ? sum + message.block.length : sum), 0)
