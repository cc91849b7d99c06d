/** Symbolic links in a torrent (BEP 47): where they lead, and that this is inside the torrent or nowhere. */
import { expect, it } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Result } from "effect"
import { manyFiles, torrent } from "./torrents.ts"

const linksOf = (links: ReadonlyArray<Parameters<typeof manyFiles>[0][number]>) => {
  const files = [{ path: ["lib", "x.so.1"], length: 5 }, ...links]
  return Result.getOrThrow(Metainfo.fromBytes(torrent(manyFiles(files)))).files
}

const link = (target: unknown) => ({ path: ["x.so"], length: 0, attr: "l", "symlink path": target as string })

it("a link leads to a path below the torrent's folder, and has no bytes whatever it says", () => {
  const [file, made] = linksOf([{ ...link(["lib", "x.so.1"]), length: 77, attr: "xl" }])
  expect(file).not.toHaveProperty("link")
  expect(made).toEqual({
    path: ["folder", "x.so"],
    link: ["folder", "lib", "x.so.1"],
    offset: 5,
    length: 0,
    padding: false,
  })
})

it.each([[["..", "etc", "passwd"]], [["a\0b"]], [[7]], ["text"], [undefined], [[]]])(
  "a link to %j leads nowhere that we would go",
  (target) => {
    const { "symlink path": path, ...rest } = link(target)
    expect(linksOf([path === undefined ? rest : { ...rest, "symlink path": path }])[1]!.link).toEqual([])
  },
)
