/** What a disk can do to us: refuse, cut short, run out, lead astray. Real files where the machine can be made to do it, a faulty `fs` where not. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterEach, beforeEach } from "vitest"
import type { Fault, Layout } from "../../packages/node/src/Disk.ts"
import type { OpenFiles } from "../../packages/node/src/openFiles.ts"
import { filesOn, layoutFor } from "./layoutFor.ts"

let parent: string
let folder: string
beforeEach(() => {
  parent = Fs.realpathSync(Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-files-")))
  folder = Path.join(parent, "downloads")
})
afterEach(() => Fs.rmSync(parent, { recursive: true }))

const layout = (...files: ReadonlyArray<readonly [path: string, length: number]>) => layoutFor(folder, files)

/** Files that have their own names from the start. */
const openFiles = (fs: typeof Fs, layout: Layout) => {
  const { descriptors, files } = filesOn(fs, layout)
  return { ...files, close: descriptors.close }
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index + 1)

/** Writes all of a file, as a piece does. */
const put = (files: OpenFiles, file: number, content: Uint8Array) => {
  files.enter(file)
  files.write(file, 0, content)
  files.leave(file)
}

const faultOf = (run: () => void): Fault => {
  try {
    run()
  } catch (error) {
    return error as Error & Fault
  }
  return assert.fail("should have failed")
}

/** Node's `fs` with some calls replaced. */
const faulty = (changes: Partial<typeof Fs>): typeof Fs => ({ ...Fs, ...changes })

const refuse = (code: string) => () => {
  throw Object.assign(new Error(code), { code })
}

describe("openFiles", () => {
  it("creates folders and files, an unfinished one sparse and in its length; empty files too", () => {
    const { descriptors, files, places } = filesOn(Fs, layout(["a/b/c.bin", 1 << 30], ["a/empty", 0]))
    places.mark(0, "part", true)
    files.make(0)
    files.make(1)
    descriptors.close()
    const stat = Fs.statSync(Path.join(folder, "a/b/c.bin.part"))
    assert.strictEqual(stat.size, 1 << 30)
    assert.isBelow(stat.blocks * 512, 1 << 20)
    assert.strictEqual(Fs.statSync(Path.join(folder, "a/empty")).size, 0)
  })

  it("takes over what is there, and cuts off what is too much", () => {
    Fs.mkdirSync(folder)
    Fs.writeFileSync(Path.join(folder, "a"), "0123456789")
    Fs.writeFileSync(Path.join(folder, "b"), "01234")
    const { moves } = filesOn(Fs, layout(["a", 8], ["b", 8]))
    moves.take("adopt", 0)
    moves.take("adopt", 1)
    assert.strictEqual(Fs.readFileSync(Path.join(folder, "a.part"), "latin1"), "01234567")
    assert.strictEqual(Fs.readFileSync(Path.join(folder, "b.part"), "latin1"), "01234\0\0\0")
    moves.take("finish", 0)
    assert.deepStrictEqual(Fs.readdirSync(folder).toSorted(), ["a", "b.part"])
  })

  it("writes at places, and reads what is there", () => {
    const files = openFiles(Fs, layout(["a", 2_000_005]))
    files.make(0)
    files.write(0, 2_000_000, bytes(5))
    assert.deepStrictEqual([...files.read(0, 2_000_001, 4)], [2, 3, 4, 5])
    files.write(0, 2_000_001, bytes(1))
    assert.deepStrictEqual([...files.read(0, 2_000_000, 3).subarray(0, 3)], [1, 1, 3])
    assert.lengthOf(files.read(0, 2_000_005, 1), 0)
  })

  it("a write that is cut short is continued", () => {
    let calls = 0
    const writeSync = ((fd: number, data: Uint8Array, from: number, length: number, at: number) => {
      calls++
      return Fs.writeSync(fd, data, from, Math.min(length, 3), at)
    }) as typeof Fs.writeSync
    put(openFiles(faulty({ writeSync }), layout(["a", 10])), 0, bytes(10))
    assert.strictEqual(calls, 4)
    assert.deepStrictEqual([...Fs.readFileSync(Path.join(folder, "a"))], [...bytes(10)])
  })

  it("a write that goes no further is an error", () => {
    const files = openFiles(faulty({ writeSync: () => 0 }), layout(["a", 10]))
    const fault = faultOf(() => put(files, 0, bytes(10)))
    assert.deepStrictEqual([fault.code, fault.operation, fault.path], ["ESHORT", "write", Path.join(folder, "a")])
  })

  it.for([
    ["write", "ENOSPC", { writeSync: refuse("ENOSPC") }],
    ["resize", "EFBIG", { ftruncateSync: refuse("EFBIG") }],
    ["create", "EROFS", { openSync: refuse("EROFS") }],
    ["create", "EACCES", { mkdirSync: refuse("EACCES") }],
    ["write", "EIO", { closeSync: refuse("EIO") }],
  ] as const)("a refused %s (%s) names what and where", ([operation, code, changes]) => {
    const { descriptors, files, places } = filesOn(faulty(changes), layout(["a", 10]))
    places.mark(0, "part", true)
    const fault = faultOf(() => {
      put(files, 0, bytes(10))
      descriptors.close()
    })
    assert.deepStrictEqual([fault.operation, fault.code], [operation, code])
    assert.strictEqual(fault.path, operation === "create" && code === "EACCES" ? folder : Path.join(folder, "a.part"))
  })

  it("a refused read names the file", () => {
    const files = openFiles(faulty({ readSync: refuse("EIO") }), layout(["a", 10]))
    put(files, 0, bytes(10))
    const fault = faultOf(() => files.read(0, 0, 10))
    assert.deepStrictEqual([fault.operation, fault.code, fault.path], ["read", "EIO", Path.join(folder, "a")])
  })

  it("a bad sector behind what is wanted does not matter", () => {
    const readSync = ((fd: number, into: Uint8Array, from: number, length: number, at: number) =>
      at + length > 4096 ? refuse("EIO")() : Fs.readSync(fd, into, from, length, at)) as typeof Fs.readSync
    const files = openFiles(faulty({ readSync }), layout(["a", 8192]))
    put(files, 0, new Uint8Array(8192).fill(7))
    assert.lengthOf(files.read(0, 1000, 3096), 3096)
    assert.strictEqual(faultOf(() => files.read(0, 4096, 200)).code, "EIO")
  })

  it("a folder in the place of a file, and a file in the place of a folder", () => {
    Fs.mkdirSync(Path.join(folder, "a"), { recursive: true })
    Fs.writeFileSync(Path.join(folder, "b"), "")
    const files = openFiles(Fs, layout(["a", 10], ["b/c", 10]))
    assert.deepStrictEqual(pick(faultOf(() => files.read(0, 0, 1))), ["EISDIR", Path.join(folder, "a")])
    assert.deepStrictEqual(pick(faultOf(() => files.make(0))), ["EISDIR", Path.join(folder, "a")])
    assert.deepStrictEqual(pick(faultOf(() => files.read(1, 0, 1))), ["ENOTDIR", Path.join(folder, "b")])
    assert.deepStrictEqual(pick(faultOf(() => files.make(1))), ["ENOTDIR", Path.join(folder, "b")])
  })

  it("a file in the place of the download folder", () => {
    Fs.writeFileSync(folder, "")
    const files = openFiles(Fs, layout(["a", 10]))
    assert.deepStrictEqual(pick(faultOf(() => files.read(0, 0, 1))), ["ENOTDIR", folder])
    assert.deepStrictEqual(pick(faultOf(() => files.make(0))), ["ENOTDIR", folder])
  })

  it("a file that vanished while it was downloaded", () => {
    const files = openFiles(Fs, layout(["a", 10]))
    files.make(0)
    files.close()
    Fs.rmSync(Path.join(folder, "a"))
    assert.deepStrictEqual(pick(faultOf(() => put(files, 0, bytes(10)))), ["ENOENT", Path.join(folder, "a")])
  })

  describe("links", () => {
    let outside: string
    beforeEach(() => {
      outside = Path.join(parent, "outside")
      Fs.mkdirSync(outside)
      Fs.mkdirSync(folder)
      Fs.writeFileSync(Path.join(outside, "secret"), "secret")
    })

    it("out of the folder are refused, be they files, folders, or nothing yet", () => {
      Fs.symlinkSync(Path.join(outside, "secret"), Path.join(folder, "file"))
      Fs.symlinkSync(outside, Path.join(folder, "sub"))
      Fs.symlinkSync(Path.join(outside, "new"), Path.join(folder, "dangling"))
      Fs.symlinkSync("../downloads-too", Path.join(folder, "sibling"))
      Fs.mkdirSync(Path.join(parent, "downloads-too"))
      const files = openFiles(
        Fs,
        layout(["file", 6], ["sub/secret", 6], ["sub/deep/er", 6], ["dangling", 6], ["sibling/x", 6]),
      )
      for (const [file, link] of ["file", "sub", "sub", "dangling", "sibling"].entries()) {
        const isFile = link === "file" || link === "dangling"
        const refused = ["EOUTSIDE", Path.join(folder, link)]
        assert.deepStrictEqual(pick(faultOf(() => files.read(file, 0, 6))), refused)
        for (const use of [() => files.make(file), () => put(files, file, bytes(6))]) {
          assert.deepStrictEqual(pick(faultOf(use)), isFile ? ["EFOREIGN", Path.join(folder, link)] : refused)
        }
      }
      assert.deepStrictEqual(Fs.readdirSync(outside), ["secret"])
      assert.deepStrictEqual(Fs.readdirSync(Path.join(parent, "downloads-too")), [])
      assert.strictEqual(Fs.readFileSync(Path.join(outside, "secret"), "latin1"), "secret")
    })

    it("inside the folder are followed by who reads, and to a folder; the folder itself may be one", () => {
      const alias = Path.join(parent, "alias")
      Fs.symlinkSync(folder, alias)
      Fs.mkdirSync(Path.join(folder, "real"))
      Fs.writeFileSync(Path.join(folder, "real/file"), "abc")
      Fs.symlinkSync("real", Path.join(folder, "sub"))
      Fs.symlinkSync("real/file", Path.join(folder, "link"))
      const files = openFiles(
        Fs,
        layoutFor(alias, [
          ["sub/new", 3],
          ["link", 3],
        ]),
      )
      put(files, 0, bytes(3))
      assert.deepStrictEqual([...Fs.readFileSync(Path.join(folder, "real/new"))], [1, 2, 3])
      assert.strictEqual(Buffer.from(files.read(1, 0, 3)).toString(), "abc")
      assert.strictEqual(faultOf(() => put(files, 1, bytes(3))).code, "EFOREIGN")
      assert.strictEqual(Fs.readFileSync(Path.join(folder, "real/file"), "latin1"), "abc")
    })

    it("that appear in the place of a file that we have made are not written through", () => {
      const { O_NOFOLLOW: _, ...constants } = Fs.constants
      for (const fs of [Fs, faulty({ constants: constants as typeof Fs.constants })]) {
        const files = openFiles(fs, layout(["mine", 6]))
        put(files, 0, bytes(6))
        files.close()
        Fs.rmSync(Path.join(folder, "mine"))
        Fs.symlinkSync(Path.join(outside, "secret"), Path.join(folder, "mine"))
        assert.deepStrictEqual(pick(faultOf(() => put(files, 0, bytes(6)))), ["EFOREIGN", Path.join(folder, "mine")])
        Fs.rmSync(Path.join(folder, "mine"))
      }
      assert.strictEqual(Fs.readFileSync(Path.join(outside, "secret"), "latin1"), "secret")
    })

    it("are looked at first where they can't be refused while opening", () => {
      Fs.symlinkSync(Path.join(outside, "secret"), Path.join(folder, "file"))
      const { O_NOFOLLOW: _, ...constants } = Fs.constants
      const files = openFiles(faulty({ constants: constants as typeof Fs.constants }), layout(["file", 6]))
      assert.deepStrictEqual(pick(faultOf(() => files.read(0, 0, 6))), ["EOUTSIDE", Path.join(folder, "file")])
      assert.deepStrictEqual(pick(faultOf(() => files.make(0))), ["EFOREIGN", Path.join(folder, "file")])
    })
  })

  it("opens a bounded number of files, and closes them all", () => {
    const open = new Set<number>()
    let most = 0
    const counting = faulty({
      openSync: (...args) => {
        const fd = Fs.openSync(...args)
        open.add(fd)
        most = Math.max(most, open.size)
        return fd
      },
      closeSync: (fd) => {
        open.delete(fd)
        Fs.closeSync(fd)
      },
    })
    const all = Array.from({ length: 500 }, (_, file) => [`d${file % 7}/f${file}`, 3] as const)
    const files = openFiles(counting, layout(...all))
    for (let file = 0; file < 500; file++) files.make(file)
    for (let file = 499; file >= 0; file--) put(files, file, bytes(3))
    for (let file = 0; file < 500; file++) assert.deepStrictEqual([...files.read(file, 0, 3)], [1, 2, 3])
    assert.isAtMost(most, 129)
    files.close()
    assert.strictEqual(open.size, 0)
  })

  it("makes room when the process has no file descriptors left, and gives up when that does not help", () => {
    let room = 3
    const crowded = faulty({
      openSync: (...args) => {
        if (room === 0) return refuse("EMFILE")()
        room--
        return Fs.openSync(...args)
      },
      closeSync: (fd) => {
        room++
        Fs.closeSync(fd)
      },
    })
    const files = openFiles(crowded, layout(...Array.from({ length: 10 }, (_, file) => [`f${file}`, 3] as const)))
    for (let file = 0; file < 10; file++) put(files, file, bytes(3))
    files.close()
    room = 0
    assert.strictEqual(faultOf(() => put(files, 0, bytes(3))).code, "EMFILE")
  })
})

const pick = ({ code, path }: Fault) => [code, path]
