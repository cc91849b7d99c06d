/** `unchoke config`: which settings hold, and where each comes from. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { settingsJson, settingsSheet } from "../render/settingsSheet.ts"
import * as Screen from "../Screen.ts"
import * as Inventory from "../settings/Inventory.ts"
import { fact, jsonObject } from "./options.ts"

const all = fact("all", "Name every setting that there is, also those that nothing sets")

export const config = Command.make(
  "config",
  { all, json: jsonObject },
  Effect.fn("config")(function* (flags) {
    const { out, width } = yield* Screen.Screen
    const inventory = yield* Inventory.taken(flags.all)
    yield* flags.json
      ? Screen.print(JSON.stringify(settingsJson(inventory, flags.all)))
      : Screen.say(settingsSheet(inventory, flags.all, out, width()).join("\n"))
  }),
).pipe(
  Command.withDescription("Show which settings hold, from which file or variable each comes, and which there are"),
  Command.withExamples([
    { command: "unchoke config --all", description: "Every flag that the file or a variable can set" },
    { command: "UNCHOKE_MAX_PEERS=30 unchoke config", description: "A variable wins over the file" },
  ]),
)
