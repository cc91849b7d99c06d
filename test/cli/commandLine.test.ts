import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { commandLine, emptyArgument } from "../../packages/cli/src/commandLine.ts"

const parsed = (line: string) => commandLine(line === "" ? [] : line.split(" "), ["download", "show"]).join(" ")

describe("the arguments", () => {
  it.each([
    ["", "--help"],
    ["help", "--help"],
    ["help download", "download --help"],
    ["help --help", "--help"],
    ["help nothing", "nothing"],
    ["show help", "show help"],
    ["download a --links 3", "download a --links 3"],
  ])("%s: help is asked for in several ways", (line, expected) => {
    assert.strictEqual(parsed(line), expected)
  })

  it.each([
    ["download a --unchoke-timeout -1s", "download a --unchoke-timeout=-1s"],
    ["download a -p -1 --links -.5", "download a -p=-1 --links=-.5"],
    ["download a --json --peer 1.2.3.4:5", "download a --json --peer 1.2.3.4:5"],
    ["download -o out -1", "download -o out -1"],
    ["download --links=3 -1", "download --links=3 -1"],
    ["download -- --links -1", "download -- --links -1"],
  ])("%s: what is negative is a value", (line, expected) => {
    assert.strictEqual(parsed(line), expected)
  })

  it("are not empty", () => {
    const empty = (...args: ReadonlyArray<string>) => Option.getOrUndefined(emptyArgument(args))
    assert.strictEqual(empty("show", ""), "argument 2")
    assert.strictEqual(empty("download", "a", "--output", ""), "the value of --output")
    assert.strictEqual(empty("download", "a", "--output="), "the value of --output")
    assert.strictEqual(empty("download", "a", "-o="), "the value of -o")
    assert.isUndefined(empty("download", "a=", "--output", "b="))
    assert.isUndefined(empty())
  })
})
