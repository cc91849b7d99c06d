/** What was measured, as it is kept in `<scenario>.json`: every single run, so that whoever doubts a median can look. */
import { Schema } from "effect"

export class Sample extends Schema.Class<Sample>("bench/Sample")({
  client: Schema.String,
  run: Schema.Int,
  /** Which shuffle of the list. */
  layout: Schema.Int,
  /** `complete`: it said so, and every byte is right. `failed`: it gave up. `wrong`: it said so, and it was not so. */
  outcome: Schema.Literals(["complete", "timeout", "failed", "wrong"]),
  /** Seconds from its start until it said that it was done (or was given up). */
  wall: Schema.Finite,
  /** Seconds from its start until a peer was asked for a block. */
  firstRequest: Schema.NullOr(Schema.Finite),
  /** Seconds, its user and system time. */
  cpu: Schema.Finite,
  /** Bytes of resident memory at most; pages of files that are mapped into memory count. */
  peak: Schema.Int,
  /** Bytes at most without those pages. */
  anonymous: Schema.Int,
  /** CPU seconds of the load generator meanwhile. */
  peerCpu: Schema.Finite,
  /** Bytes of blocks that the peers sent; of a client that joins, those too that it sent. */
  sent: Schema.optionalKey(Schema.Int),
  /** What part of a core its silent links take, and bytes of memory for each. */
  core: Schema.optionalKey(Schema.Finite),
  each: Schema.optionalKey(Schema.Int),
}) {}

export class Contender extends Schema.Class<Contender>("bench/Contender")({
  name: Schema.String,
  title: Schema.String,
  version: Schema.String,
  settings: Schema.String,
  reference: Schema.Boolean,
}) {}

export class Machine extends Schema.Class<Machine>("bench/Machine")({
  processor: Schema.String,
  cores: Schema.Int,
  /** Bytes. */
  memory: Schema.Int,
  system: Schema.String,
  node: Schema.String,
  network: Schema.String,
}) {}

/** One scenario, all of whose runs were made in one go, the clients taking turns. */
export class Results extends Schema.Class<Results>("bench/Results")({
  scenario: Schema.String,
  title: Schema.String,
  /** Bytes that each download is, or that go through a client that joins. */
  bytes: Schema.Int,
  /** ISO 8601. */
  at: Schema.String,
  machine: Machine,
  contenders: Schema.Array(Contender),
  samples: Schema.Array(Sample),
}) {}

/** As kept in a file. */
export const ResultsJson = Schema.fromJsonString(Results)
