/** What is said of events and errors reaches the editor: it stands in the declaration files (of `tsc -b`). */
import { assert, describe, it } from "@effect/vitest"
import { DownloadEvent, ProbeEvent, SurveyEvent, TrackerProblem, WebProblem } from "@unchoke/engine"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const dist = join(import.meta.dirname, "../../packages/engine/dist")

const files = [
  "CreationEvent",
  "DownloadEvent",
  "InvalidLink",
  "InvalidTorrent",
  "SurveyEvent",
  "TorrentNotFetched",
  "Uncreatable",
  "UnsupportedTorrent",
  "peer/errors",
  "probe/NoSuitablePeer",
  "probe/ProbeEvent",
  "sources/NoPeers",
  "sources/trackers/TrackerFailed",
  "sources/web/WebProblem",
  "storage/StorageError",
  "swarm/AlreadyRunning",
]

/** Members of types that begin a line: `    readonly peer: …`. The parts of one that is all on a line are told by what is before it. */
const isMember = (line: string) => /^\s+(readonly )?\w+\??: /.test(line) && !/^\s+readonly _tag: /.test(line)

/** Members, and exported classes and unions, that nothing is said of. */
export const unsaid = (declarations: string): ReadonlyArray<string> =>
  declarations.split("\n").filter((line, index, lines) => {
    if (!isMember(line) && !/^export (declare class|interface) /.test(line)) return false
    return !lines[index - 1]!.trimEnd().endsWith("*/")
  })

describe("declaration files", () => {
  it("finds what nothing is said of", () => {
    const said = "/** a */\nexport interface A {\n    /** b */\n    readonly b: number;\n}"
    assert.deepStrictEqual(unsaid(said), [])
    assert.deepStrictEqual(unsaid(said.replace("    /** b */\n", "")), ["    readonly b: number;"])
    assert.deepStrictEqual(unsaid(said.replace("/** a */\n", "/** a */\n\n")), ["export interface A {"])
  })

  const unions = {
    DownloadEvent,
    SurveyEvent,
    "probe/ProbeEvent": ProbeEvent,
    "sources/trackers/TrackerFailed": TrackerProblem,
    "sources/web/WebProblem": WebProblem,
  }
  for (const [file, { cases }] of Object.entries(unions)) {
    it.skipIf(!existsSync(dist))(`${file}: every case stands there under its name`, () => {
      const declarations = readFileSync(join(dist, `${file}.d.ts`), "utf8")
      // Those that are another union's are referred to.
      const missing = Object.keys(cases).filter(
        (tag) => !new RegExp(`\\*/\\n +${tag}: \\{|"${tag}"`).test(declarations),
      )
      assert.isAbove(Object.keys(cases).length, 3)
      assert.deepStrictEqual(
        missing.filter((tag) => !(file === "SurveyEvent" && tag.startsWith("Describ"))),
        [],
      )
    })
  }

  for (const file of files) {
    it.skipIf(!existsSync(dist))(`${file}: every event, every error and every field has a docstring`, () => {
      const declarations = readFileSync(join(dist, `${file}.d.ts`), "utf8")
      assert.match(declarations, /\/\*\*/)
      assert.deepStrictEqual(unsaid(declarations), [])
    })
  }
})
