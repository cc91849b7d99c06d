/** A network that misbehaves between us and the peers of any `Dialer`: pauses, short reads, ends and resets at any byte. */
import { Effect, Layer, Schema } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { Dialer } from "@unchoke/engine"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 32 }))

/** The faults, by `_tag`; a schema, so that properties can make them up. */
export const Fault = Schema.TaggedUnion({
  /** What comes after so many bytes is late. */
  Pause: { at: Byte, ms: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })) },
  /** Nothing comes after so many bytes, and the connection stays open. */
  Silence: { at: Byte },
  /** The connection ends after so many bytes. */
  End: { at: Byte },
  /** The connection breaks after so many bytes. */
  Reset: { at: Byte },
})
/** One thing that goes wrong with a connection, and after how many bytes. */
export type Fault = typeof Fault.Type

/** The faults of one connection: in what we receive, and in what we send. */
export interface Faults {
  readonly receiving?: ReadonlyArray<Fault>
  readonly sending?: ReadonlyArray<Fault>
}

/** Puts the faults between us and the dialer below: `faults` is asked for each dial, with how often this peer was dialled before. */
export const layer = (faults: (peer: string, dial: number) => Faults): Layer.Layer<Dialer, never, Dialer> =>
  Layer.effect(
    Dialer,
    Effect.map(Dialer, ({ dial }) => {
      const dials = new Map<string, number>()
      return Dialer.of({
        dial: (address, errand) => {
          const peer = NetAddress.formatInet(address)
          const before = dials.get(peer) ?? 0
          dials.set(peer, before + 1)
          return Effect.map(dial(address, errand), (socket) => faulty(socket, faults(peer, before)))
        },
      })
    }),
  )

const faulty = (socket: Socket.Socket, { receiving = [], sending = [] }: Faults): Socket.Socket =>
  Socket.make({
    reader: Effect.map(socket.reader, ({ pull, upgrade }) => {
      const line = new Line(receiving)
      let rest: ReadonlyArray<Uint8Array> = []
      const next = Effect.suspend(() =>
        rest.length > 0 ? Effect.succeed(rest) : Effect.map(pull, (batch) => batch.map(bytesOf)),
      )
      return {
        upgrade,
        pull: Effect.gen(function* () {
          yield* line.pass("read")
          const [first, ...others] = yield* next
          const { now, later } = line.cut(first!)
          rest = later.length > 0 ? [later, ...others] : others
          return [now] as const
        }),
      }
    }),
    writer: Effect.map(socket.writer, (writer) => {
      const line = new Line(sending)
      const write: Socket.Writer["write"] = Effect.fnUntraced(function* (chunk) {
        if (Socket.isCloseEvent(chunk)) return yield* writer.write(chunk)
        for (let bytes = bytesOf(chunk); bytes.length > 0;) {
          yield* line.pass("write")
          const { later, now } = line.cut(bytes)
          yield* writer.write(now)
          bytes = later
        }
      })
      return { write, writeAll: (chunks) => Effect.forEach(chunks, write, { discard: true }) }
    }),
  })

/** One direction: counts bytes, and lets them pass up to the next fault. */
class Line {
  readonly #faults: Array<Fault>
  #passed = 0

  constructor(faults: ReadonlyArray<Fault>) {
    this.#faults = faults.toSorted((a, b) => a.at - b.at)
  }

  /** Suffers the faults that are due. */
  pass(operation: "read" | "write"): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      const fault = this.#faults[0]
      if (fault === undefined || fault.at > this.#passed) return Effect.void
      switch (fault._tag) {
        case "Pause":
          return Effect.sleep(fault.ms).pipe(
            Effect.andThen(Effect.sync(() => void this.#faults.shift())),
            Effect.andThen(this.pass(operation)),
          )
        case "Silence":
          return Effect.never
        case "End":
          return Effect.fail(new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) }))
        case "Reset": {
          const cause = Object.assign(new Error(`${operation} ECONNRESET`), { code: "ECONNRESET" })
          const reason =
            operation === "read" ? new Socket.SocketReadError({ cause }) : new Socket.SocketWriteError({ cause })
          return Effect.fail(new Socket.SocketError({ reason }))
        }
      }
    })
  }

  /** What may pass of these bytes before the next fault. */
  cut(bytes: Uint8Array): { readonly now: Uint8Array; readonly later: Uint8Array } {
    const due = this.#faults[0]
    const length = due === undefined ? bytes.length : Math.min(bytes.length, due.at - this.#passed)
    this.#passed += length
    return { now: bytes.subarray(0, length), later: bytes.subarray(length) }
  }
}

const encoder = new TextEncoder()

const bytesOf = (chunk: Uint8Array | string): Uint8Array => (typeof chunk === "string" ? encoder.encode(chunk) : chunk)
