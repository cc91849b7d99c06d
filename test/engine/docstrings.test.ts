/** What is said of events and errors, and of each of their fields, is what an editor shows of them: of the declaration files of `tsc -b`, and with the TypeScript that is used here. */
import { assert, describe, it } from "@effect/vitest"
import * as Dht from "@unchoke/dht"
import * as Engine from "@unchoke/engine"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { here, shown } from "./Editor.ts"

const dist = join(import.meta.dirname, "../../packages/engine/dist")

/** Fields, each as a name in a program. */
const looks = (type: string, fields: Iterable<string>): ReadonlyArray<string> =>
  Array.from(fields, (field) => `${type}.${field}`).filter((name) => !name.endsWith("._tag"))

const has = (value: unknown, member: string): value is Record<string, object> =>
  (typeof value === "object" || typeof value === "function") && value !== null && member in value

/** Every field of every schema that a package exports: of each case of an union, and of each class. */
const fieldsOf = (name: string, schemas: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.entries(schemas).flatMap(([type, schema]) => {
    if (has(schema, "cases")) {
      return Object.entries(schema["cases"]!).flatMap(([tag, { fields }]: [string, { readonly fields: object }]) =>
        looks(`of<Extract<${name}.${type}, { _tag: "${tag}" }>>()`, Object.keys(fields)),
      )
    }
    return has(schema, "fields") ? looks(`of<${name}.${type}>()`, Object.keys(schema["fields"]!)) : []
  })

const fields = [
  ...fieldsOf("Engine", { ...Engine, Unasked: Engine.Unasked.Unasked }).map((name) =>
    name.replace("<Engine.Unasked>", "<Engine.Unasked.Unasked>"),
  ),
  ...fieldsOf("Dht", Dht),
  ...looks("Engine.Torrent", Object.keys(Engine.Torrent)),
  ...looks("of<Engine.Torrent>()", ["infoHash", "geometry", "name", "files", "trackers", "webSeeds", "private"]),
  ...looks("of<Engine.DownloadOptions>()", ["folder", "strategy", "deadlines!.unchoke", "seed!.ratio"]),
]
const types = ["Torrent", "DownloadOptions", "SeedOptions", "DownloadEvent", "SurveyEvent", "NoPeers", "StorageError"]

describe("an editor", () => {
  it.skipIf(!existsSync(dist))("is asked of all that there is", () => {
    assert.isAbove(fields.length, 200)
    for (const one of ["DownloadEvent", "ConnectFailed", "Seen", "TrackerProblem"]) {
      assert.isTrue(
        fields.some((name) => name.includes(`Engine.${one}`)),
        one,
      )
    }
  })

  it.live.skipIf(!existsSync(dist))(
    "shows what is said of each event, error and option, and of nothing that nothing is said of",
    () =>
      Effect.gen(function* () {
        const program = [
          'import type * as Dht from "@unchoke/dht"',
          'import * as Engine from "@unchoke/engine"',
          "declare const of: <A>() => A",
          ...types.map((type) => `export type My${type} = Engine.${here}${type}`),
          ...fields.map((name) => name.replace(/\.(\w+)$/, `.${here}$1`)),
          // What nothing is said of, in a type that is mapped: as those of schemas are.
          "interface Said {\n  /** Said. */\n  readonly one: number\n  readonly other: number\n}",
          `of<Said>().${here}one`,
          `of<Said>().${here}other`,
        ].join("\n")
        const said = yield* shown(program)
        const names = [...types, ...fields, "one", "other"]
        assert.strictEqual(said.length, names.length)
        assert.strictEqual(said.at(-2), "Said.")
        assert.deepStrictEqual(
          names.filter((_, at) => said[at] === ""),
          ["other"],
        )
      }).pipe(Effect.scoped),
  )
})
