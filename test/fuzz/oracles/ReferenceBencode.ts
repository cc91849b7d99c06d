/** Bencode by the book (BEP 3), as a tree that knows where everything stands: slow, recursive, obvious; shares no line with what it is held against. */

export type Tree = Integer | Text | List | Dictionary

interface Place {
  readonly start: number
  readonly end: number
}

export interface Integer extends Place {
  readonly kind: "integer"
  readonly value: bigint
}

export interface Text extends Place {
  readonly kind: "string"
  readonly bytes: Uint8Array
}

export interface List extends Place {
  readonly kind: "list"
  readonly items: ReadonlyArray<Tree>
}

export interface Dictionary extends Place {
  readonly kind: "dictionary"
  readonly members: ReadonlyArray<readonly [key: Text, value: Tree]>
}

/** The value at `at`, or `undefined` where there is none or it is deeper than so many lists and dictionaries. */
export const parse = (bytes: Uint8Array, at = 0, maxDepth = 100): Tree | undefined => {
  const lead = String.fromCharCode(bytes[at] ?? 0)
  if (lead === "i") return integer(bytes, at)
  if (lead === "l" || lead === "d") return maxDepth === 0 ? undefined : container(bytes, at, lead, maxDepth)
  return string(bytes, at)
}

/** How many values and keys there are. */
export const tokens = (tree: Tree): number => {
  if (tree.kind === "list") return tree.items.reduce((sum, item) => sum + tokens(item), 1)
  if (tree.kind === "dictionary") return tree.members.reduce((sum, [, value]) => sum + 1 + tokens(value), 1)
  return 1
}

/** How many lists and dictionaries are within each other. */
export const depth = (tree: Tree): number => {
  if (tree.kind === "list") return 1 + Math.max(0, ...tree.items.map(depth))
  if (tree.kind === "dictionary") return 1 + Math.max(0, ...tree.members.map(([, value]) => depth(value)))
  return 0
}

/** All values in a tree, keys left out, the tree itself first. */
export const values = (tree: Tree): ReadonlyArray<Tree> => {
  if (tree.kind === "list") return [tree, ...tree.items.flatMap(values)]
  if (tree.kind === "dictionary") return [tree, ...tree.members.flatMap(([, value]) => values(value))]
  return [tree]
}

/** The members of a dictionary with that key. */
export const members = (tree: Tree | undefined, key: string): ReadonlyArray<Tree> =>
  tree?.kind === "dictionary"
    ? tree.members.filter(([name]) => Buffer.from(name.bytes).equals(Buffer.from(key))).map(([, value]) => value)
    : []

const upTo = (bytes: Uint8Array, at: number, end: string): string | undefined => {
  const stop = bytes.indexOf(end.charCodeAt(0), at)
  return stop < 0 ? undefined : Buffer.from(bytes.subarray(at, stop)).toString("latin1")
}

const integer = (bytes: Uint8Array, start: number): Integer | undefined => {
  const digits = upTo(bytes, start + 1, "e")
  if (digits === undefined || !/^(?:0|-?[1-9][0-9]*)$/.test(digits)) return undefined
  return { kind: "integer", start, end: start + digits.length + 2, value: BigInt(digits) }
}

const string = (bytes: Uint8Array, start: number): Text | undefined => {
  const digits = upTo(bytes, start, ":")
  if (digits === undefined || !/^(?:0|[1-9][0-9]*)$/.test(digits)) return undefined
  const from = start + digits.length + 1
  const end = from + Number(digits)
  return end > bytes.length ? undefined : { kind: "string", start, end, bytes: bytes.slice(from, end) }
}

const container = (bytes: Uint8Array, start: number, lead: "l" | "d", maxDepth: number): Tree | undefined => {
  const items: Array<Tree> = []
  let at = start + 1
  for (; bytes[at] !== "e".charCodeAt(0); at = items.at(-1)!.end) {
    const item = parse(bytes, at, maxDepth - 1)
    if (item === undefined) return undefined
    items.push(item)
  }
  const end = at + 1
  if (lead === "l") return { kind: "list", start, end, items }
  const members: Array<readonly [Text, Tree]> = []
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i]!
    const value = items[i + 1]
    if (key.kind !== "string" || value === undefined) return undefined
    members.push([key, value])
  }
  return { kind: "dictionary", start, end, members }
}
