/** The files of a torrent as a tree, whole with their numbers or summed up. */
import type { Metainfo } from "@unchoke/protocol"
import type { FileChoice } from "@unchoke/engine"
import { count, grouped, padStart, safe } from "./text.ts"
import * as Units from "./units.ts"

/** A file, or a folder with what is in it. */
interface Node {
  readonly name: string
  length: number
  files: number
  readonly children: Map<string, Node> | undefined
  /** Of a file, its place in the torrent's list, from 0. */
  readonly index?: number
  /** Of a link, where it leads. */
  readonly link?: string
}

/** More lines than this are not read by anybody; beyond it folders are summed up. */
export const readable = 60

/**
 * One line a file or folder, one after the other: of millions the text is longer than a string may be. Unless `all`, at most about `readable` lines: folders
 * are opened from the top as far as there is room. With `all` go the files' numbers, from 1; padding has one too, and is not shown. Of a choice each file that it has is marked.
 */
export const fileList = function* (
  files: ReadonlyArray<Metainfo.TorrentFile>,
  all: boolean,
  choice?: FileChoice,
): Generator<string> {
  const digits = `${files.length}`.length
  const numbered = (index?: number): string => {
    if (!all) return ""
    const mark = choice === undefined ? "" : index !== undefined && choice.has(index) ? "✓ " : "  "
    return `${mark}${padStart(index === undefined ? "" : `${index + 1}`, digits)}  `
  }
  const root = treeOf(files)
  const room = all ? Infinity : readable
  const opened = all ? undefined : openedWithin(root, room)
  let listed = 0
  let unlisted = 0
  let whole = true
  const stack = [root.children!.values()]
  while (stack.length > 0) {
    const { done, value: node } = stack.at(-1)!.next()
    if (done === true) stack.pop()
    else if (listed >= room) unlisted++
    else {
      const { children, name } = node
      const open = children !== undefined && (opened === undefined || opened.has(node))
      const what = children === undefined ? (node.link ?? "") : open ? "/" : `/ (${count(node.files, "file")})`
      yield `${numbered(node.index)}${padStart(Units.bytes(node.length), 9)}  ${"  ".repeat(stack.length - 1)}${safe(name)}${what}`
      listed++
      if (open) stack.push(children.values())
      else if (children !== undefined) whole = false
    }
  }
  if (unlisted > 0) yield `${" ".repeat(9)}  … and ${grouped(unlisted)} more`
  if (unlisted > 0 || !whole) yield* ["", "--files lists every file."]
}

const treeOf = (files: ReadonlyArray<Metainfo.TorrentFile>): Node => {
  const root = folder("")
  for (const [index, { length, link, padding, path }] of files.entries()) {
    if (padding) continue
    let at = root
    for (const [depth, name] of path.entries()) {
      at.length += length
      at.files++
      if (depth === path.length - 1) {
        at.children!.set(name, { name, length, files: 1, children: undefined, index, ...linkIn(link) })
        break
      }
      let next = at.children!.get(name)
      if (next === undefined) at.children!.set(name, (next = folder(name)))
      at = next
    }
  }
  return root
}

const linkIn = (link: Metainfo.TorrentFile["link"]) => {
  if (link === undefined) return {}
  return { link: link.length === 0 ? " -> (out of the torrent: left out)" : ` -> ${safe(link.join("/"))}` }
}

const folder = (name: string): Node => ({ name, length: 0, files: 0, children: new Map() })

/** The folders that can be shown open: those at the top first, and only whole ones, except for the topmost with more than one entry. */
const openedWithin = (root: Node, room: number): ReadonlySet<Node> => {
  const opened = new Set<Node>()
  let lines = root.children!.size
  let level = [...root.children!.values()]
  for (let first = true; level.length > 0;) {
    const next: Array<Node> = []
    for (const node of level) {
      if (node.children === undefined) continue
      if (!first && lines + node.children.size > room) continue
      opened.add(node)
      lines += node.children.size
      for (const child of node.children.values()) next.push(child)
    }
    first = first && level.length === 1
    if (next.length > 1) first = false
    level = next
  }
  return opened
}
