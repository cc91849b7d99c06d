/** Writes the packets of the DHT. */
import { Bencode, Utf8 } from "@unchoke/protocol"
import * as ByteString from "./ByteString.ts"
import * as Id from "./Id.ts"
import {
  type Contact,
  type Message,
  type Query,
  type Question,
  type Refusal,
  type Response,
  wanted,
} from "./KrpcMessage.ts"

/** The packet of a message. */
export const print = (message: Message): Uint8Array => {
  switch (message._tag) {
    case "Query":
      return query(message)
    case "Response":
      return response(message)
    case "Refusal":
      return refusal(message)
  }
}

const query = ({ id, question, readOnly, transaction, want }: Query): Uint8Array =>
  Bencode.encode({
    t: ByteString.toBytes(transaction),
    y: "q",
    q: question.method,
    ro: readOnly ? 1 : undefined,
    v: version,
    a: {
      id: Id.toBytes(id),
      want: want.length === 0 ? undefined : want.map((family) => wanted[family]),
      ...argumentsOf(question),
    },
  })

const response = ({ answer, id, seen, transaction }: Response): Uint8Array =>
  Bencode.encode({
    t: ByteString.toBytes(transaction),
    y: "r",
    ip: seen && ByteString.toBytes(seen),
    v: version,
    r: {
      id: Id.toBytes(id),
      nodes: answer.nodes && compact(answer.nodes),
      nodes6: answer.nodes6 && compact(answer.nodes6),
      values: answer.peers?.map(ByteString.toBytes),
      token: answer.token && ByteString.toBytes(answer.token),
      BFsd: answer.seeds,
      BFpe: answer.leechers,
      samples: answer.samples && ByteString.toBytes(answer.samples.join("")),
      num: answer.stored,
      interval: answer.interval,
    },
  })

const refusal = ({ code, transaction, words }: Refusal): Uint8Array =>
  Bencode.encode({ t: ByteString.toBytes(transaction), y: "e", v: version, e: [code, words] })

/** Nodes as they are written one behind the other. */
export const compact = (contacts: ReadonlyArray<Contact>): Uint8Array =>
  ByteString.toBytes(contacts.map(({ endpoint, id }) => id + endpoint).join(""))

/** `UN`, and the version of what we speak. */
const version = Utf8.fromText("UN\0\u0001")

const argumentsOf = (question: Question): Bencode.BencodeInputDictionary => {
  switch (question.method) {
    case "ping":
      return {}
    case "find_node":
    case "sample_infohashes":
      return { target: Id.toBytes(question.target) }
    case "get_peers":
      return { info_hash: Id.toBytes(question.target), scrape: question.scrape ? 1 : undefined }
    case "announce_peer":
      return {
        info_hash: Id.toBytes(question.target),
        token: ByteString.toBytes(question.token),
        seed: question.seed ? 1 : undefined,
        // Older nodes know no `implied_port`, so a port is always there.
        implied_port: question.port === undefined ? 1 : 0,
        port: question.port ?? 1,
      }
  }
}
