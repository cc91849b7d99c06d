/**
 * What is seeded and what must arrive: folders and files with the same bytes on every run, and a folder read back as data.
 *
 * Chosen for the edges: nested folders, an empty file, names with spaces and letters of other scripts, sizes that end in the middle of a piece,
 * of a block and of a byte pair, and a file that fills whole pieces.
 */
import { Effect, FileSystem } from "effect"
import { createCipheriv, createHash } from "node:crypto"
import { dirname, join, relative } from "node:path"

export type Layout = "single" | "multi"

/** Path below the folder → size and SHA-256 of what is there. */
export type Tree = Readonly<Record<string, string>>

/** Writes the file or folder of a layout below `folder` under the given name; its path. */
export const write = Effect.fnUntraced(function* (folder: string, name: string, layout: Layout) {
  const fs = yield* FileSystem.FileSystem
  const root = join(folder, name)
  for (const [path, size] of layouts[layout]) {
    const file = join(root, path)
    yield* fs.makeDirectory(dirname(file), { recursive: true })
    yield* fs.writeFile(file, bytes(`${name}/${path}`, size))
  }
  return root
})

/** Everything below a folder; an empty folder does not appear. */
export const read = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const tree: Record<string, string> = {}
  for (const path of (yield* fs.readDirectory(folder, { recursive: true })).toSorted()) {
    const file = join(folder, path)
    if ((yield* fs.stat(file)).type === "Directory") continue
    const data = yield* fs.readFile(file)
    tree[relative(folder, file)] = `${data.length} ${createHash("sha256").update(data).digest("hex")}`
  }
  return tree satisfies Tree
})

/** The part of a tree that belongs to one torrent: its file, or what is below its folder. */
export const below = (tree: Tree, name: string): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => path === name || path.startsWith(`${name}/`)))

export const withoutEmptyFiles = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([, file]) => !file.startsWith("0 ")))

/** The AES counter stream of a name: random enough that no two pieces are alike, and the same on every machine. */
export const bytes = (seed: string, size: number): Buffer => {
  const key = createHash("sha256").update(seed).digest().subarray(0, 16)
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

const MiB = 1024 * 1024

const layouts: Record<Layout, ReadonlyArray<readonly [path: string, size: number]>> = {
  single: [["", 3 * MiB + 1235]],
  multi: [
    ["read me.txt", 101],
    ["nested/deeper/größe 大きさ.bin", MiB + 1],
    ["nested/empty", 0],
    ["nested/one byte", 1],
    ["whole pieces.bin", 8 * 65_536],
    ["z.bin", 300_007],
  ],
}
