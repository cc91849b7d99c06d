/** The port to web servers: they are asked for parts of files. */
import { Context, type Effect, type Scope } from "effect"
import type { WebProblem } from "./WebProblem.ts"

/** Bytes `first` to `last`, both included, of a file of `length` bytes. */
export interface FilePart {
  /** Where the file is. */
  readonly url: string
  readonly first: number
  readonly last: number
  readonly length: number
}

/** What a server sends: from `offset` on what was asked for, or at least a good part of it; or, when it `isWhole`, the whole file. */
export interface Body {
  readonly offset: number
  /** Where it ends in the file. */
  readonly end: number
  readonly isWhole: boolean
  /** The next part, borrowed until the one after it; nothing when it has ended. */
  readonly part: Effect.Effect<Uint8Array | undefined, WebProblem>
}

/** One request after the other, over connections that are kept. */
export interface Lane {
  /** Waits until the host of an URL may be asked by one more; until `rest`. */
  readonly enter: (url: string) => Effect.Effect<void>
  /** Lets others ask that host. */
  readonly rest: Effect.Effect<void>
  /** Asks for a part of a file. The body can be read until the scope ends. */
  readonly fetch: (wanted: FilePart) => Effect.Effect<Body, WebProblem, Scope.Scope>
}

/** Provides what web seeds are asked through (BEP 19); without it they are not asked. `HttpWebServer` is one over any `WebDialer`. */
export class WebServer extends Context.Service<
  WebServer,
  {
    /** Its connections are closed with the scope. */
    readonly lane: Effect.Effect<Lane, never, Scope.Scope>
  }
>()("unchoke/WebServer") {}
