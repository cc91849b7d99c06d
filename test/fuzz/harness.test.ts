/** The fuzzer itself: it finds what is planted for it, and keeps it. */
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { NetAddress } from "effect/net"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Bencode } from "@unchoke/protocol"
import { Coverage } from "./harness/Coverage.ts"
import { Fuzzer, type Finding } from "./harness/Fuzzer.ts"
import { instrument } from "./harness/instrument.ts"
import { minimize } from "./harness/minimize.ts"
import { mutateBencode } from "./harness/mutateBencode.ts"
import { type Material } from "./harness/mutateBytes.ts"
import { mutateFrames } from "./harness/mutateFrames.ts"
import { Random } from "./harness/Random.ts"
import { fuzz } from "./harness/Session.ts"
import { checkPeers } from "./oracles/checkPeers.ts"
import * as Reference from "./oracles/ReferenceBencode.ts"
import { checkPaths, checkPortable } from "./oracles/SafePaths.ts"
import { latin1 } from "./oracles/samples.ts"
import type { Target } from "./targets/Target.ts"

/** Runs a function of one argument, given as text, with counters in it. */
const instrumented = (source: string) => {
  const { blocks, code, words } = instrument(source, "planted.ts", 0)
  const counters = new Uint32Array(blocks)
  // oxlint-disable-next-line no-new-func -- The text is the test's own.
  const run = new Function("__fuzzCounters", `return (${code})`)(counters) as (input: unknown) => unknown
  return { run, counters, words }
}

describe("instrument", () => {
  const source = `(n) => {
    let text = n > 2 ? "many" : "few"
    if (n === 1) text = "one"
    else if (n === 0) { text = "none" }
    for (let i = 0; i < n; i++) text += "."
    while (text.length > 9) text = text.slice(0, -1)
    do { text += ";" } while (false)
    for (const mark of ["!"]) text += mark
    switch (n) { case 5: case 6: text += "?"; break; default: text += "," }
    const twice = (x) => ({ x: x * 2 })
    class Box { #value = n; get value() { return this.#value ?? (n || 7) } }
    try { if (n === 4) throw new Error("four") } catch { text += "x" } finally { text += "z" }
    return [text, twice(n).x, new Box().value, (n && text) || "nothing", [1, 2].map((x) => x + n)]
  }`

  it("does not change what code does", () => {
    // oxlint-disable-next-line no-new-func -- The text is the test's own.
    const plain = new Function(`return (${source})`)() as (n: number) => unknown
    for (let n = 0; n < 20; n++) expect(instrumented(source).run(n)).toEqual(plain(n))
  })

  it("counts every block as often as it runs", () => {
    const { counters, run } = instrumented(
      `(n) => { for (let i = 0; i < n; i++) { if (i % 2) n > 5 && i } return n ? 1 : 2 }`,
    )
    run(7)
    // Function, loop, branch, right side, the one side, the other.
    expect([...counters]).toEqual([1, 7, 3, 3, 1, 0])
  })

  it("keeps lines, and collects what is compared with", () => {
    const { code } = instrument(source, "planted.ts", 0)
    expect(code.split("\n")).toHaveLength(source.split("\n").length)
    expect(instrument(`const a = b === "magic" ? 1 : 2`, "planted.ts", 0).words).toEqual(["magic"])
  })
})

/** A target that is planted, not imported. */
const planted = (source: string, limits: Partial<Target> = {}) => {
  const { counters, run, words } = instrumented(source)
  const target: Target = {
    name: "planted",
    shape: "bytes",
    maxLength: 100,
    workPerByte: 1000,
    samples: () => [],
    run,
    ...limits,
  }
  return { target, counters, words }
}

/** Fuzzes until something is found, or so often. */
const search = (target: Target, counters: Uint32Array, words: ReadonlyArray<string>, executions: number) => {
  const fuzzer = new Fuzzer(target, new Coverage(counters), 1, words)
  let finding: Finding | undefined = fuzzer.try(new Uint8Array(4))
  while (finding === undefined && fuzzer.executions < executions) finding = fuzzer.try(fuzzer.next())
  return { finding, fuzzer }
}

describe("Fuzzer", () => {
  const lock = `(b) => { if (b[0] === 17) if (b[1] === 99) if (b[2] === 203) if (b[3] === 54) throw new Error("open") }`

  it("opens a lock of four bytes one after the other, and not without its counters", () => {
    const { counters, target, words } = planted(lock)
    const { finding, fuzzer } = search(target, counters, words, 200_000)
    expect(finding?.error.message).toBe("open")
    expect(finding?.bytes.subarray(0, 4)).toEqual(Uint8Array.of(17, 99, 203, 54))
    expect(search(target, new Uint32Array(1), words, fuzzer.executions).finding).toBeUndefined()
  })

  it("does the same again with the same seed", () => {
    const once = () => {
      const { counters, target, words } = planted(lock)
      return search(target, counters, words, 200_000).fuzzer.executions
    }
    expect(once()).toBe(once())
  })

  it("knows the words that the code looks for", () => {
    const { counters, target, words } = planted(
      `(b) => { if (String.fromCharCode(...b).includes("announce-list")) throw new Error("said it") }`,
    )
    expect(search(target, counters, words, 50_000).finding?.error.message).toBe("said it")
  })

  it("takes more than linear work for a finding", () => {
    const { counters, target, words } = planted(
      `(b) => { for (const x of b) for (const y of b) if (x === y) b.at(0) }`,
      { workPerByte: 60 },
    )
    expect(search(target, counters, words, 50_000).finding?.error.message).toMatch(/blocks of code for \d+ bytes/)
  })

  it("makes a finding as small as it can be", () => {
    const { target } = planted(`(b) => { if (b.includes(7) && b.includes(9)) throw new Error("both, of " + b.length) }`)
    const fuzzer = new Fuzzer(target, new Coverage(new Uint32Array(1)), 1, [])
    const finding = fuzzer.try(Uint8Array.from({ length: 100 }, (_, i) => i))!
    expect(minimize(finding, (bytes) => fuzzer.try(bytes)).bytes).toEqual(Uint8Array.of(7, 9))
  })
})

describe("mutations", () => {
  const material: Material = {
    random: new Random(1),
    words: [latin1("info"), latin1("x")],
    other: latin1("d1:ai1ee"),
    maxLength: 4096,
  }
  const share = (passes: () => boolean) => Array.from({ length: 2000 }, passes).filter(Boolean).length / 2000

  it("of bencode leave it readable more often than not", () => {
    const value = latin1("d4:infod6:lengthi9e4:name3:abc5:filesld4:pathl1:a1:beeeee")
    expect(share(() => Result.isSuccess(Bencode.scan(mutateBencode(value, material)!)))).toBeGreaterThan(0.5)
  })

  it("of messages leave their lengths right more often than not", () => {
    const stream = latin1("\0\0\0\x08seven...\0\0\0\x01\x02\0\0\0\0\0\0\0\x05\x04\0\0\0\x07\0\0\0\x03\x14\0x")
    const whole = () => {
      const mutated = mutateFrames(stream, 8, material).subarray(8)
      let at = 0
      while (mutated.length - at >= 4) at += 4 + Buffer.from(mutated).readUInt32BE(at)
      return at === mutated.length
    }
    expect(share(whole)).toBeGreaterThan(0.5)
  })
})

describe("oracles", () => {
  it.each([
    [["..", "a"]],
    [["a/b"]],
    [["a\\b"]],
    [["a\0"]],
    [[""]],
    [["x".repeat(256)]],
    [["\u202eexe.txt"]],
    [["\ud800"]],
    [["a"], ["A"]],
    [["é"], ["e\u0301"]],
    [["ß"], ["ẞ"]],
    [["ß"], ["SS"]],
    [["a"], ["A", "b"]],
  ])("know that these paths are not safe: %j", (...paths) => {
    expect(() => checkPaths(paths)).toThrow()
  })

  it.each(["nul.txt", "CON", "a.", "a ", "a:b", "Icon\r"])("know that not every disk takes %j", (name) => {
    expect(() => checkPortable(name)).toThrow()
  })

  it("know which paths are", () => {
    expect(() =>
      checkPaths([["a", "b"], ["a", "c"], ["Icon\r"], [".hidden"], ["conx"], ["x".repeat(255)]]),
    ).not.toThrow()
  })

  it.each(["0.0.0.0:1", "255.255.255.255:1", "224.0.0.1:1", "[::]:1", "[ff02::1]:1", "[::ffff:1.2.3.4]:1"])(
    "know that %s is nobody to call",
    (peer) => {
      expect(() => checkPeers([NetAddress.inetAddressFromStringUnsafe(peer)])).toThrow()
    },
  )

  it.each(["", "i1", "i01e", "i-0e", "ie", "l-3:", "01:a", "2:a", "d1:ae", "di1ei1ee", "l", "x"])(
    "know that %j is no bencode",
    (text) => {
      expect(Reference.parse(latin1(text))).toBeUndefined()
    },
  )
})

describe("Session", () => {
  const job = { target: "planted", seed: 1, milliseconds: 1, inputs: [], words: [] }
  const session = async (source: string, longestInput: number) => {
    const folder = mkdtempSync(join(tmpdir(), "unchoke-fuzz-"))
    const file = join(folder, "worker.mjs")
    const show = `import { workerData } from "node:worker_threads"; const { display } = workerData; display.bytes.set([1, 2, 3]); display.words[1] = 3; Atomics.add(display.words, 0, 1);`
    writeFileSync(file, show + source)
    const report = await fuzz(file, job, { longestInput, heap: 32, growth: 256 * 1024 * 1024 })
    rmSync(folder, { recursive: true })
    return report
  }

  // Only what never ends is to be cut off: to fill a heap takes a busy machine some time.
  it.each([
    ["never ends", 300, "for (;;);", "longer than"],
    ["takes all of the heap", 30_000, "const all = []; for (;;) all.push({});", "memory"],
    [
      "takes all memory beside the heap",
      30_000,
      "const all = []; for (;;) { all.push(new Uint8Array(1 << 24).fill(1)); Atomics.add(display.words, 0, 1) }",
      "memory",
    ],
    ["breaks the worker", 30_000, "throw new Error('planted')", "planted"],
  ])("keeps the input that %s", async (_, longestInput, source, error) => {
    const { finding } = await session(source, longestInput)
    expect(finding?.bytes).toEqual(Uint8Array.of(1, 2, 3))
    expect(finding?.error).toContain(error)
  })
})
