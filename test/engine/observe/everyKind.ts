/** Peers of every kind: each ends in another way. */
import { Script } from "@unchoke/testkit"

export const everyKind = {
  good: Script.goodNamed("Seeder 1.0"),
  refuses: Script.refuse,
  "hangs up": Script.dropAfter(5),
  chokes: Script.neverUnchoke,
  corrupts: Script.corrupting(1),
  "is silent": Script.stallAfter(3),
  "has nothing": Script.incomplete(0),
} as const

/** Their names. */
export const kinds = Object.keys(everyKind) as ReadonlyArray<keyof typeof everyKind>
