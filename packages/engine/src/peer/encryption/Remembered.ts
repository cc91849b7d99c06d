/** How peers want to be spoken to, as they have shown. */
import { NetAddress } from "effect/net"

/** Of so many; who was met first is forgotten first. */
const most = 4096

export type Habit = "plain" | "encrypted"

export class Remembered {
  readonly #habits = new Map<string, Habit>()

  get size(): number {
    return this.#habits.size
  }

  of(peer: NetAddress.InetAddress): Habit | undefined {
    return this.#habits.get(NetAddress.formatInet(peer))
  }

  set(peer: NetAddress.InetAddress, habit: Habit): void {
    const name = NetAddress.formatInet(peer)
    this.#habits.delete(name)
    this.#habits.set(name, habit)
    if (this.#habits.size <= most) return
    const [oldest] = this.#habits.keys()
    this.#habits.delete(oldest!)
  }

  forget(peer: NetAddress.InetAddress): void {
    this.#habits.delete(NetAddress.formatInet(peer))
  }
}
