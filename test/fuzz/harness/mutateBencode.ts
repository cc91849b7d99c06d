/** Changes to bencoded values that leave the rest valid: a parser that counts on lengths never gets further with bytes flipped at random. */
import * as Reference from "../oracles/ReferenceBencode.ts"
import { edgeIntegers, type Material, mutateBytes, spliced } from "./mutateBytes.ts"

/** One to four changes to values; `undefined` where the bytes hold none. */
export const mutateBencode = (bytes: Uint8Array, material: Material): Uint8Array | undefined => {
  let changed = bytes
  for (let rounds = 1 + material.random.below(4); rounds > 0; rounds--) {
    const tree = Reference.parse(changed)
    if (tree === undefined) return rounds === 1 || changed !== bytes ? changed : undefined
    changed = change(changed, tree, material)
    if (changed.length > material.maxLength) return undefined
  }
  return changed
}

const change = (bytes: Uint8Array, root: Reference.Tree, material: Material): Uint8Array => {
  const { random } = material
  const all = Reference.values(root)
  const tree = random.pick(all)
  const replace = (by: Uint8Array) => spliced(bytes, tree.start, tree.end - tree.start, by)
  const raw = (of: Reference.Tree) => bytes.subarray(of.start, of.end)
  if (random.oneIn(8)) return replace(raw(random.pick(all)))
  if (random.oneIn(8)) return replace(anotherValue(material))
  switch (tree.kind) {
    case "integer":
      return replace(ascii(`i${random.pick(edgeIntegers)}e`))
    case "string":
      return replace(encoded(anotherString(tree.bytes, material)))
    case "list": {
      const items = tree.items.map(raw)
      return replace(
        joined(
          "l",
          shuffled(items, () => anotherValue(material), material),
        ),
      )
    }
    case "dictionary": {
      const members = tree.members.map(([key, value]) => concat(raw(key), raw(value)))
      if (random.oneIn(4) && members.length > 0) {
        const [key, value] = random.pick(tree.members)
        const twin = concat(encoded(synonym(key.bytes, material)), raw(value))
        return replace(joined("d", members.toSpliced(random.below(members.length + 1), 0, twin)))
      }
      const newMember = () => concat(encoded(random.pick(material.words)), anotherValue(material))
      return replace(joined("d", shuffled(members, newMember, material)))
    }
  }
}

const shuffled = (items: Array<Uint8Array>, another: () => Uint8Array, { random }: Material): Array<Uint8Array> => {
  const at = random.below(items.length + 1)
  switch (random.below(5)) {
    case 0:
      return items.toSpliced(at, 1)
    case 1:
      return items.toSpliced(at, 0, another())
    case 2:
      return items.toSpliced(at, 0, ...items.slice(at, at + 1 + random.small(8)))
    case 3:
      return items.toReversed()
    default:
      return items.length === 0
        ? items
        : items.toSpliced(at, 1).toSpliced(random.below(items.length), 0, ...items.slice(at, at + 1))
  }
}

/** A key that some reader may take for this one. */
const synonym = (key: Uint8Array, { random }: Material): Uint8Array => {
  switch (random.below(4)) {
    case 0:
      return key
    case 1:
      return concat(Uint8Array.of(0xef, 0xbb, 0xbf), key)
    case 2:
      return ascii(Buffer.from(key).toString("hex"))
    default:
      return concat(Uint8Array.of(0xff), key.subarray(1))
  }
}

const anotherString = (bytes: Uint8Array, material: Material): Uint8Array => {
  const { random, words } = material
  switch (random.below(5)) {
    case 0:
      return random.pick(words)
    case 1:
      return new Uint8Array(random.pick([0, 1, 4, 6, 16, 18, 19, 20, 21, 40, 60, 254, 255, 256, 300])).fill(
        bytes[0] ?? 0x61,
      )
    case 2:
      return ascii(random.pick(trickyNames))
    default:
      return mutateBytes(bytes, material)
  }
}

const anotherValue = (material: Material): Uint8Array => {
  const { random } = material
  switch (random.below(5)) {
    case 0:
      return ascii(`i${random.pick(edgeIntegers)}e`)
    case 1:
      return ascii(random.pick(["le", "de", "lle", "0:", `${"l".repeat(99)}${"e".repeat(99)}`]))
    case 2:
      return encoded(ascii(random.pick(trickyNames)))
    default:
      return encoded(random.pick(material.words))
  }
}

/** Names in which paths go wrong, in UTF-8 written as Latin-1. */
const trickyNames = [
  ...". .. ... / \\ ../x ..\\x /x C: C:\\x con CON.txt nul aux. a A a. b. ".split(" "),
  "a ",
  "\0",
  "a\0b",
  "\xe2\x80\xae",
  "\xe2\x80\x8f..",
  "e\xcc\x81",
  "\xc3\xa9",
  "\xc3\x89",
  "\xc3\x9f",
  "\xe1\xba\x9e",
  "SS",
  "\xc4\xb0",
  "i\xcc\x87",
  "\xff",
  "_",
  "\xed\xa0\x80",
  "\xef\xbb\xbf",
  ".pad",
  "_____padding_file_0",
  "file.1",
  "file.1.bin",
  "\xe2\x84\xaa",
  "k",
]

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

const encoded = (string: Uint8Array): Uint8Array => concat(ascii(`${string.length}:`), string)

const joined = (lead: string, items: ReadonlyArray<Uint8Array>): Uint8Array => concat(ascii(lead), ...items, ascii("e"))

const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(parts))
