// Serves the file of a torrent over HTTP while it downloads it as rqbit does, until it is killed; prints its address: window-stream.mjs TORRENT FOLDER
// rqbit itself is Rust, and not among Debian's packages. What counts of it here: what a reader will need within 32 MiB goes first, in order; each peer fetches a piece alone, and begins the next when all of it is asked for; who has nothing left takes
// a piece over from somebody who has been at it for ten times (or, then, three times) as long as its own take on average.
import { createHash } from "node:crypto"
import { open, readFile } from "node:fs/promises"
import { createServer, get } from "node:http"
import { connect } from "node:net"
import { join } from "node:path"

const [torrent, folder] = process.argv.slice(2)
const ahead = 32 << 20
const blockSize = 16_384
/** So many requests of a peer are under way. */
const mostRequests = 128

// ---- the torrent, of one file

const decode = (bytes, at = 0) => {
  const sign = String.fromCharCode(bytes[at])
  if (sign === "i") {
    const end = bytes.indexOf("e", at)
    return { value: Number(bytes.toString("latin1", at + 1, end)), end: end + 1 }
  }
  if (sign === "l" || sign === "d") {
    const members = []
    let next = at + 1
    while (bytes[next] !== 0x65) {
      const member = decode(bytes, next)
      members.push({ ...member, from: next })
      next = member.end
    }
    if (sign === "l") return { value: members.map(({ value }) => value), end: next + 1 }
    const value = {}
    for (let nth = 0; nth < members.length; nth += 2) {
      const { end, from, value: of } = members[nth + 1]
      value[members[nth].value.toString()] = of
      if (members[nth].value.toString() === "info") value.infoHash = sha1(bytes.subarray(from, end))
    }
    return { value, end: next + 1 }
  }
  const colon = bytes.indexOf(":", at)
  const end = colon + 1 + Number(bytes.toString("latin1", at, colon))
  return { value: bytes.subarray(colon + 1, end), end }
}

const sha1 = (bytes) => createHash("sha1").update(bytes).digest()

const { announce, info, infoHash } = decode(await readFile(torrent)).value
const { length, name, "piece length": pieceLength, pieces: hashes } = info
const count = hashes.length / 20
const sizeOf = (piece) => Math.min(pieceLength, length - piece * pieceLength)
const blocksOf = (piece) => Math.ceil(sizeOf(piece) / blockSize)

// ---- pieces: missing, with a peer, or there

const file = await open(join(folder, name.toString()), "w+")
const here = new Uint8Array(count)
/** Who is at which piece, and since when. */
const taken = new Map()
const readers = new Set()

const pick = (peer) => {
  for (const { at } of readers) {
    const end = Math.min(count, Math.ceil((at + ahead) / pieceLength))
    for (let piece = Math.floor(at / pieceLength); piece < end; piece++)
      if (!here[piece] && !taken.has(piece)) return piece
  }
  const stolen = steal(peer, 10)
  if (stolen !== undefined) return stolen
  for (let piece = 0; piece < count; piece++) if (!here[piece] && !taken.has(piece)) return piece
  return steal(peer, 3)
}

const steal = (peer, times) => {
  if (peer.fetched === 0) return undefined
  const now = performance.now()
  const mean = peer.took / peer.fetched
  const [piece, oldest] =
    [...taken].filter(([, { by }]) => by !== peer).toSorted((a, b) => a[1].since - b[1].since)[0] ?? []
  if (piece === undefined || now - oldest.since <= mean * times) return undefined
  oldest.by.drop(piece)
  return piece
}

// ---- a peer

const words = (id, ...numbers) => {
  const word = Buffer.alloc(5 + 4 * numbers.length)
  word.writeUInt32BE(1 + 4 * numbers.length)
  word[4] = id
  numbers.forEach((number, nth) => word.writeUInt32BE(number, 5 + 4 * nth))
  return word
}

const call = (host, port) => {
  const socket = connect(port, host)
  /** The pieces that it is at: what is here of each, and which block is to be asked for next. */
  const fetching = new Map()
  let read = Buffer.alloc(0)
  let greeted = false
  let choked = true
  let asked = 0
  const peer = {
    fetched: 0,
    took: 0,
    drop: (piece) => {
      const { blocks, next } = fetching.get(piece)
      for (let block = 0; block < next; block++) {
        if (blocks[block]) continue
        asked--
        socket.write(words(8, piece, block * blockSize, Math.min(blockSize, sizeOf(piece) - block * blockSize)))
      }
      fetching.delete(piece)
    },
  }
  const ask = () => {
    if (choked) return
    while (asked < mostRequests) {
      let [piece, at] = [...fetching].find(([piece, { next }]) => next < blocksOf(piece)) ?? []
      if (piece === undefined) {
        piece = pick(peer)
        if (piece === undefined) return
        taken.set(piece, { by: peer, since: performance.now() })
        at = {
          bytes: Buffer.alloc(sizeOf(piece)),
          blocks: new Uint8Array(blocksOf(piece)),
          next: 0,
          left: blocksOf(piece),
        }
        fetching.set(piece, at)
      }
      const begin = at.next++ * blockSize
      asked++
      socket.write(words(6, piece, begin, Math.min(blockSize, sizeOf(piece) - begin)))
    }
  }
  const arrived = (piece, begin, block) => {
    const at = fetching.get(piece)
    if (at === undefined || at.blocks[begin / blockSize]) return
    asked--
    block.copy(at.bytes, begin)
    at.blocks[begin / blockSize] = 1
    if (--at.left > 0) return
    fetching.delete(piece)
    peer.fetched++
    peer.took += performance.now() - taken.get(piece).since
    if (!sha1(at.bytes).equals(hashes.subarray(20 * piece, 20 * piece + 20))) return void taken.delete(piece)
    void file.write(at.bytes, 0, at.bytes.length, piece * pieceLength).then(() => {
      here[piece] = 1
      taken.delete(piece)
      for (const { wake } of readers) wake()
    })
  }
  socket.on("connect", () => {
    socket.setNoDelay(true)
    const id = Buffer.from("-RL0001-".padEnd(20, "0"))
    socket.write(Buffer.concat([Buffer.from("\x13BitTorrent protocol"), Buffer.alloc(8), infoHash, id, words(2)]))
  })
  socket.on("data", (bytes) => {
    read = Buffer.concat([read, bytes])
    if (!greeted && read.length >= 68) {
      greeted = true
      read = read.subarray(68)
    }
    if (!greeted) return
    while (read.length >= 4 && read.length >= 4 + read.readUInt32BE(0)) {
      const end = 4 + read.readUInt32BE(0)
      const id = end > 4 ? read[4] : undefined
      if (id === 0 || id === 1) choked = id === 0
      if (id === 7) arrived(read.readUInt32BE(5), read.readUInt32BE(9), read.subarray(13, end))
      read = read.subarray(end)
    }
    ask()
  })
  socket.on("error", () => {})
  socket.on("close", () => {
    for (const piece of fetching.keys()) taken.delete(piece)
  })
}

const query = `info_hash=${[...infoHash].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`
get(
  `${announce}?${query}&peer_id=-RL0001-000000000000&port=1&uploaded=0&downloaded=0&left=${length}&compact=1`,
  (answer) => {
    const parts = []
    answer.on("data", (part) => parts.push(part))
    answer.on("end", () => {
      const { peers } = decode(Buffer.concat(parts)).value
      for (let at = 0; at < peers.length; at += 6)
        call(peers.subarray(at, at + 4).join("."), peers.readUInt16BE(at + 4))
    })
  },
)

// ---- the server

const server = createServer(async (request, response) => {
  const [, from = "0"] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? []
  const reader = { at: Number(from), wake: () => {} }
  readers.add(reader)
  response.on("close", () => {
    readers.delete(reader)
    reader.wake()
  })
  response.writeHead(206, {
    "content-range": `bytes ${from}-${length - 1}/${length}`,
    "content-length": length - reader.at,
  })
  while (reader.at < length && !response.destroyed) {
    const piece = Math.floor(reader.at / pieceLength)
    if (!here[piece]) {
      await new Promise((resolve) => (reader.wake = resolve))
      continue
    }
    const bytes = Buffer.alloc(piece * pieceLength + sizeOf(piece) - reader.at)
    await file.read(bytes, 0, bytes.length, reader.at)
    reader.at += bytes.length
    if (!response.write(bytes)) {
      await new Promise((resolve) => {
        reader.wake = resolve
        response.once("drain", resolve)
      })
    }
  }
  response.end()
})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`))
