/** What a node is to remember until the next time: its ids and whom it knows, as bytes. */
import { Bencode } from "@unchoke/protocol"
import { Result } from "effect"
import * as Id from "./Id.ts"
import * as Krpc from "./Krpc.ts"

/** One family's part. */
export interface Remembered {
  readonly id: Id.Id
  readonly contacts: ReadonlyArray<Krpc.Contact>
}

export interface Snapshot {
  readonly IPv4?: Remembered | undefined
  readonly IPv6?: Remembered | undefined
}

/** Nodes of a family that are kept: enough to find somebody who is still there. */
export const maxContacts = 200
/** No snapshot is longer. */
export const maxBytes = 65_536

export const toBytes = ({ IPv4, IPv6 }: Snapshot): Uint8Array =>
  Bencode.encode({
    id: IPv4 && Id.toBytes(IPv4.id),
    id6: IPv6 && Id.toBytes(IPv6.id),
    nodes: IPv4 && Krpc.compact(IPv4.contacts.slice(0, maxContacts)),
    nodes6: IPv6 && Krpc.compact(IPv6.contacts.slice(0, maxContacts)),
  })

/** What these bytes say; nothing where they are something else. */
export const fromBytes = (bytes: Uint8Array): Snapshot => {
  const value = Result.getOrUndefined(Bencode.decode(bytes, { maxBytes, maxDepth: 4, maxTokens: 100 }))
  const members = Bencode.asDictionary(value)
  if (members === undefined) return {}
  const part = (family: "IPv4" | "IPv6", idKey: string, nodesKey: string): Remembered | undefined => {
    const idBytes = Bencode.bytes(members, idKey)
    const id = idBytes && Id.fromBytes(idBytes)
    const nodes = Bencode.bytes(members, nodesKey)
    return id && { id, contacts: nodes === undefined ? [] : Krpc.contactsIn(nodes, family, maxContacts) }
  }
  return { IPv4: part("IPv4", "id", "nodes"), IPv6: part("IPv6", "id6", "nodes6") }
}
