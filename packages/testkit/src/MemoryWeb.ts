/**
 * Web servers in memory: a `WebDialer` whose sockets end in scripts, and what names lead to.
 *
 * Each request is answered by the script, whatever that says: in pieces, late, too short, or with something that is not HTTP at all.
 */
import { Geometry, WebSeedUrl } from "@unchoke/protocol"
import { Clock, Context, type Duration, Effect, Layer } from "effect"
import { AddressResolver, Dns, NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { WebDialer } from "@unchoke/engine"
import type { Content } from "./Content.ts"
import * as MemorySocket from "./MemorySocket.ts"

/** A request as it came. */
export interface Requested {
  /** The address that was called. */
  readonly address: string
  readonly host: string
  readonly secure: boolean
  /** Path and query. */
  readonly target: string
  readonly range: { readonly first: number; readonly last: number } | undefined
  readonly fields: ReadonlyMap<string, string>
  /** How many requests came before, of all. */
  readonly before: number
  /** When, in milliseconds of the clock. */
  readonly at: number
}

/** An answer, and what goes wrong with it. */
export interface Answer {
  readonly status?: number
  readonly fields?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Without a length: in chunks, or until it hangs up. */
  readonly framing?: "length" | "chunked" | "close"
  /** Hangs up after so many bytes of the body. */
  readonly endsAfter?: number
  /** Says nothing after so many bytes of the body. */
  readonly silentAfter?: number
  /** So long before its answer. */
  readonly delay?: Duration.Input
  /** So long before each 16 KiB. */
  readonly pace?: Duration.Input
  /** Hangs up when all is said. */
  readonly closes?: boolean
  /** This, and nothing else. */
  readonly raw?: string
}

/** What the web server answers to a request. */
export type Site = (requested: Requested) => Answer

/** What the web has, who is known by which name, and how sockets behave. */
export interface Options extends MemorySocket.Options {
  readonly site: Site
  /** Addresses by name. */
  readonly names?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Addresses (with their ports) at which nobody listens. */
  readonly refuses?: ReadonlyArray<string>
}

/** What the servers saw. */
export class MemoryWeb extends Context.Service<
  MemoryWeb,
  {
    readonly requests: ReadonlyArray<Requested>
    /** How often an address was called. */
    readonly dials: () => number
    /** How many connections are open now. */
    readonly open: () => number
    /** How many requests were being answered at most at once for a host. */
    readonly mostAtOnce: (host: string) => number
  }
>()("@unchoke/testkit/MemoryWeb") {}

/** The web with nothing in it but these servers and names. */
export const layer = ({
  names = {},
  refuses = [],
  site,
  ...options
}: Options): Layer.Layer<MemoryWeb | WebDialer | AddressResolver.AddressResolver> => {
  const resolver = AddressResolver.layer().pipe(
    Layer.provide(
      Layer.mock(Dns.Dns, {
        lookup: (hostname: string) => {
          const [first, ...others] = (names[hostname] ?? []).map(NetAddress.ipFromStringUnsafe)
          return first === undefined
            ? Effect.fail(new Dns.DnsError({ method: "lookup", hostname, reason: "NotFound" }))
            : Effect.succeed([first, ...others] as const)
        },
      }),
    ),
  )
  const web = Layer.effectContext(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const requests: Array<Requested> = []
      const most = new Map<string, number>()
      const now = new Map<string, number>()
      let [dials, open] = [0, 0]
      const busy = (host: string, by: number) => {
        const count = (now.get(host) ?? 0) + by
        now.set(host, count)
        most.set(host, Math.max(most.get(host) ?? 0, count))
      }
      const serve = (socket: MemorySocket.MemorySocket, address: string, secure: boolean) =>
        Effect.scoped(
          Effect.gen(function* () {
            const pull = yield* Socket.readerBytes(socket)
            const writer = yield* socket.writer
            let text = ""
            for (;;) {
              while (!text.includes("\r\n\r\n")) {
                for (const chunk of yield* pull) text += Buffer.from(chunk).toString("latin1")
              }
              const end = text.indexOf("\r\n\r\n")
              const requested = read(text.slice(0, end), {
                address,
                secure,
                before: requests.length,
                at: yield* Clock.currentTimeMillis,
              })
              text = text.slice(end + 4)
              requests.push(requested)
              busy(requested.host, 1)
              const stays = yield* say(writer, site(requested)).pipe(
                Effect.ensuring(Effect.sync(() => busy(requested.host, -1))),
              )
              if (!stays) return
            }
          }),
        )
      return Context.make(WebDialer, {
        dial: Effect.fnUntraced(function* (to, serverName) {
          dials++
          const address = NetAddress.formatInet(to)
          if (refuses.includes(address)) return MemorySocket.refused()
          const [ours, theirs] = yield* MemorySocket.makePair(options)
          yield* serve(theirs, address, serverName !== undefined).pipe(Effect.ignore, Effect.forkIn(scope))
          return MemorySocket.watched(ours, { opened: () => void open++, closed: () => void open-- })
        }),
      }).pipe(
        Context.add(MemoryWeb, {
          requests,
          dials: () => dials,
          open: () => open,
          mostAtOnce: (host) => most.get(host) ?? 0,
        }),
      )
    }),
  )
  return Layer.merge(web, resolver)
}

/** A server that does all as it should: the files of a torrent below a folder. */
export const files =
  (content: Content, base: string): Site =>
  ({ range, target }) => {
    const { torrent } = content
    const names = WebSeedUrl.namesOf(torrent)
    const file = torrent.files.find(
      (file, nth) =>
        !file.padding && new URL(WebSeedUrl.ofFile(base, names[nth]!)).pathname === target.replace(/\?.*$/s, ""),
    )
    if (file === undefined) return { status: 404 }
    const body = content.data.subarray(file.offset, file.offset + file.length)
    if (range === undefined) return { status: 200, body }
    if (range.first >= body.length) return { status: 416, fields: { "content-range": `bytes */${body.length}` } }
    const last = Math.min(range.last, body.length - 1)
    return {
      status: 206,
      fields: { "content-range": `bytes ${range.first}-${last}/${body.length}` },
      body: body.subarray(range.first, last + 1),
    }
  }

/** The same, and it pays no heed to ranges. */
export const withoutRanges =
  (site: Site): Site =>
  (requested) =>
    site({ ...requested, range: undefined })

const read = (text: string, about: Pick<Requested, "address" | "secure" | "before" | "at">): Requested => {
  const [first = "", ...lines] = text.split("\r\n")
  const fields = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  )
  const range = /^bytes=(\d+)-(\d+)$/.exec(fields.get("range") ?? "")
  return {
    ...about,
    host: fields.get("host") ?? "",
    target: first.split(" ")[1] ?? "",
    range: range === null ? undefined : { first: Number(range[1]), last: Number(range[2]) },
    fields,
  }
}

/** Whether the connection goes on. */
const say = Effect.fnUntraced(function* (
  writer: Socket.Writer,
  {
    body = new Uint8Array(),
    closes,
    delay,
    endsAfter,
    fields,
    framing = "length",
    pace,
    raw,
    silentAfter,
    status = 200,
  }: Answer,
): Effect.fn.Return<boolean, Socket.SocketError> {
  if (delay !== undefined) yield* Effect.sleep(delay)
  if (raw !== undefined) {
    yield* writer.write(raw)
    return false
  }
  const head = Object.entries({
    ...(framing === "length" && { "content-length": String(body.length) }),
    ...(framing === "chunked" && { "transfer-encoding": "chunked" }),
    ...(closes === true && { connection: "close" }),
    ...fields,
  })
  yield* writer.write(
    `HTTP/1.1 ${status} Whatever\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  )
  const length = Math.min(body.length, endsAfter ?? Infinity, silentAfter ?? Infinity)
  for (let at = 0; at < length; at += Geometry.blockSize) {
    const part = body.slice(at, Math.min(length, at + Geometry.blockSize))
    if (pace !== undefined) yield* Effect.sleep(pace)
    if (framing === "chunked") yield* writer.writeAll([`${part.length.toString(16)};a=b\r\n`, part, "\r\n"])
    else yield* writer.write(part)
  }
  if (silentAfter !== undefined && silentAfter < body.length) return yield* Effect.never
  if (endsAfter !== undefined && endsAfter < body.length) return false
  if (framing === "chunked") yield* writer.write("0\r\nx: y\r\n\r\n")
  return framing !== "close" && closes !== true
})
