/** The packages as they would be published. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

export const names = ["protocol", "engine", "dht", "node", "testkit", "cli", "unchoke"] as const

export interface Packed {
  readonly name: string
  readonly file: string
  readonly files: ReadonlyArray<string>
}

const root = join(import.meta.dirname, "../..")

/** Packs each into a folder. */
export const packInto = (folder: string): ReadonlyArray<Packed> =>
  names.map((name) => {
    const said = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
      cwd: join(root, "packages", name),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
    // What is built before it is packed may have something to say as well.
    const [packed] = JSON.parse(said.slice(said.indexOf("[\n"))) as ReadonlyArray<{
      readonly name: string
      readonly filename: string
      readonly files: ReadonlyArray<{ readonly path: string }>
    }>
    return {
      name: packed!.name,
      file: join(folder, packed!.filename.replace("@", "").replace("/", "-")),
      files: packed!.files.map(({ path }) => path),
    }
  })
