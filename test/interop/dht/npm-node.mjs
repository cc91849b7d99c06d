/**
 * A node of npm's bittorrent-dht on loopback: npm-node.mjs MODULE ADDRESS PORT [ENTRANCE]. It speaks as libtorrent-node.py does: reads `announce HASH`, `find HASH`, `nodes`; writes `port N`, `peer HASH ADDRESS`, `nodes N`.
 */
import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"

const [module, address, port, entrance] = process.argv.slice(2)
const { Client } = await import(pathToFileURL(module).href)
const dht = new Client({ bootstrap: entrance ? [entrance] : false, host: address })
dht.on("peer", ({ host, port }, infoHash) =>
  console.log("peer", Buffer.from(infoHash).toString("hex"), `${host}:${port}`),
)
dht.listen(Number(port), address, () => {
  const own = dht.address().port
  console.log("port", own)
  createInterface(process.stdin).on("line", (line) => {
    const [word, hash] = line.split(" ")
    if (word === "announce") dht.announce(hash, own)
    if (word === "find") dht.lookup(hash)
    if (word === "nodes") console.log("nodes", dht.toJSON().nodes.length)
  })
})
process.stdin.on("end", () => process.exit())
