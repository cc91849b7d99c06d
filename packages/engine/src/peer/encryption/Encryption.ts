/**
 * Message Stream Encryption for everything that dials and listens: a decoration of `Dialer` and `Listener`.
 *
 * It comes between the connection and the handshake: whoever uses the ports speaks and hears what it would without it.
 */
import { Encryption } from "@unchoke/protocol"
import { Bytes, Context, Effect, Option } from "effect"
import { Dialer } from "../Dialer.ts"
import { Listener } from "../Listener.ts"
import { answered } from "./answered.ts"
export { answered } from "./answered.ts"
import { dialled } from "./dialled.ts"
import { Remembered } from "./Remembered.ts"

/**
 * - `prefer`: plain words first, an encrypted handshake for whoever wants nothing else, and whatever the caller wants; what follows the handshake is plain where the peer lets us.
 * - `require`: RC4, with everybody, from the first byte on; whoever speaks plain words is hung up on.
 * - `off`: plain words.
 */
export type Policy = "prefer" | "require" | "off"

/** What they offer, and take: the best first. */
const methods: Record<Exclude<Policy, "off">, ReadonlyArray<Encryption.Method>> = {
  prefer: ["plain", "rc4"],
  require: ["rc4"],
}

/** The same services, with encryption. */
export const over = <Services>(
  policy: Policy,
  services: Context.Context<Services | Dialer>,
): Context.Context<Services | Dialer> => {
  if (policy === "off") return services
  const required = policy === "require"
  const calling = {
    dialer: Context.get(services, Dialer),
    provide: methods[policy],
    required,
    remembered: new Remembered(),
  }
  const dialing = Context.add(services, Dialer, {
    dial: (peer, errand) => Effect.sync(() => dialled(calling, peer, errand)),
  })
  return Option.match(Context.getOption(services, Listener), {
    onNone: () => dialing,
    onSome: (listener) => Context.add(dialing, Listener, listening(listener, methods[policy], required)),
  })
}

const listening = (
  { listen }: Listener["Service"],
  select: ReadonlyArray<Encryption.Method>,
  required: boolean,
): Listener["Service"] => ({
  listen: (ports, welcome, infoHashes = () => []) => {
    const find = (name: Uint8Array) => {
      for (const infoHash of infoHashes()) if (Bytes.Equivalence(nameOf(infoHash), name)) return infoHash
      return undefined
    }
    const answer: typeof welcome = ({ peer, socket }) => {
      let encrypted: Encryption.Method | undefined
      const agreed = (method: Encryption.Method) => void (encrypted = method)
      return welcome({
        peer,
        socket: answered(socket, { find, select, required, agreed }),
        encrypted: () => encrypted,
      })
    }
    return listen(ports, answer, infoHashes)
  },
})

/** Hashed once for a torrent. */
const names = new WeakMap<Uint8Array, Uint8Array>()
const nameOf = (infoHash: Uint8Array): Uint8Array => {
  const known = names.get(infoHash)
  if (known !== undefined) return known
  const name = Encryption.nameOf(infoHash)
  names.set(infoHash, name)
  return name
}
