/**
 * What the engine counts, as effect's metrics: whoever embeds it exports them as they do their own. All torrents of a program together, the depths of queues apart.
 *
 * Nothing is counted by the block: bytes once a second, all else by the piece or by the peer.
 */
import { Metric } from "effect"

/** Bytes of blocks, as they came and went: what is thrown away later is among them. */
const bytes = Metric.counter("unchoke_bytes_total", {
  description: "Bytes of pieces, from and to peers and web seeds",
  incremental: true,
})
/** Bytes that came from peers. */
export const received = Metric.withAttributes(bytes, { direction: "down" })
/** Bytes that went to peers. */
export const sent = Metric.withAttributes(bytes, { direction: "up" })

const links = Metric.gauge("unchoke_links", { description: "Peers that we are connected to, by what they do for us" })
/** Peers that we are connected to, by what they do for us. */
export const linksOf = {
  idle: Metric.withAttributes(links, { standing: "idle" }),
  parked: Metric.withAttributes(links, { standing: "parked" }),
  supplying: Metric.withAttributes(links, { standing: "supplying" }),
} as const

/** Peers that we let have something. */
export const served = Metric.gauge("unchoke_links_served", { description: "Peers that we let have something" })

/** By verdict: "joined", "passed" and "partial", or what is said of who was rejected, such as "timed out connecting". */
export const outcomes = Metric.counter("unchoke_probe_outcomes_total", {
  description: "What became of peers that were called or probed",
  incremental: true,
})

/** In seconds: of a probe from `interested` on, in a swarm from when the peer joined. */
export const timeToUnchoke = Metric.histogram("unchoke_time_to_unchoke_seconds", {
  description: "How long peers took to unchoke us",
  boundaries: [0.03, 0.1, 0.3, 1, 3, 10, 20, 30, 45, 60, 120],
})

const pieces = Metric.counter("unchoke_pieces_total", { description: "Pieces that were verified", incremental: true })
/** Pieces that were verified and written. */
export const stored = Metric.withAttributes(pieces, { verdict: "stored" })
/** Pieces whose hash was wrong. */
export const corrupt = Metric.withAttributes(pieces, { verdict: "corrupt" })

const disk = Metric.histogram("unchoke_disk_seconds", {
  description: "How long the disk took, waiting for its turn included: a piece to be verified and written, or a read",
  // From a block in the page cache to a disk that sleeps.
  boundaries: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
})
/** Seconds until a piece was verified and written. */
export const write = Metric.withAttributes(disk, { operation: "write" })
/** Seconds until the disk had read. */
export const read = Metric.withAttributes(disk, { operation: "read" })

/** By torrent and queue: `disk` are blocks that wait to be verified and written, `requests` those that peers owe us, `pieces` those that are begun, `candidates` peers that were not called yet. */
export const queueDepth = Metric.gauge("unchoke_queue_depth", { description: "How much waits, by torrent and queue" })
