/**
 * Puts a counter into every block of a module: functions, branches, loops, cases, the right sides of `&&`, `||` and `??`.
 *
 * Text is only inserted, never lines, so that stack traces keep their line numbers. The counters say which code an input reached (what to keep) and how
 * much work it was (their sum). The module's string literals are collected too: they are the words that its parsers look for.
 */
import { parseAst } from "rolldown/parseAst"

/** The name of the array of counters in the code. */
export const countersName = "__fuzzCounters"

export interface Instrumented {
  readonly code: string
  readonly blocks: number
  readonly words: ReadonlyArray<string>
}

/** Instruments a module of TypeScript or JavaScript; its counters are numbered from `first` on. */
export const instrument = (source: string, fileName: string, first: number): Instrumented => {
  const edits: Array<Edit> = []
  const words = new Set<string>()
  let next = first
  const count = () => `${countersName}[${next++}]++`
  const insert = (at: number, text: string) => edits.push({ at, text })
  const wrapStatement = (node: Node | null, inside: () => void) => {
    if (node === null) return
    if (node.type === "BlockStatement") {
      insert(node.start + 1, `${count()};`)
      return inside()
    }
    insert(node.start, `{${count()};`)
    inside()
    insert(node.end, "}")
  }
  const wrapExpression = (node: Node, inside: () => void) => {
    insert(node.start, `(${count()},(`)
    inside()
    insert(node.end, "))")
  }

  const walk = (node: Node): void => {
    const statements = statementsOf[node.type]
    const expressions = expressionsOf[node.type]
    if (node.type === "Literal" && typeof node["value"] === "string") words.add(node["value"])
    if (node.type === "ImportDeclaration") return
    for (const [key, child] of childrenOf(node)) {
      const descend = () => walk(child)
      const isBody = key === "body" && isFunction(node)
      if (statements?.includes(key) || (isBody && child.type === "BlockStatement")) wrapStatement(child, descend)
      else if (expressions?.includes(key) || isBody) wrapExpression(child, descend)
      else {
        if (node.type === "SwitchCase" && child === firstOf(node["consequent"])) insert(child.start, `${count()};`)
        descend()
      }
    }
  }
  walk(parseAst(source, { lang: fileName.endsWith(".ts") ? "ts" : "js" }) as unknown as Node)
  return { code: apply(source, edits), blocks: next - first, words: [...words].filter((word) => word.length <= 40) }
}

interface Edit {
  readonly at: number
  readonly text: string
}

/** A node of the syntax tree, as ESTree has it. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const statementsOf: Readonly<Record<string, ReadonlyArray<string>>> = {
  IfStatement: ["consequent", "alternate"],
  ForStatement: ["body"],
  ForOfStatement: ["body"],
  ForInStatement: ["body"],
  WhileStatement: ["body"],
  DoWhileStatement: ["body"],
  CatchClause: ["body"],
}

const expressionsOf: Readonly<Record<string, ReadonlyArray<string>>> = {
  ConditionalExpression: ["consequent", "alternate"],
  LogicalExpression: ["right"],
}

const isFunction = ({ type }: Node): boolean =>
  type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression"

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "start" in value

const firstOf = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined)

const childrenOf = (node: Node): ReadonlyArray<readonly [key: string, child: Node]> =>
  Object.entries(node)
    .filter(([key]) => !typeOnly.has(key))
    .flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => [key, child] as const),
    )

/** Members of nodes that hold types: nothing in them runs. */
const typeOnly = new Set(["typeAnnotation", "returnType", "typeParameters", "typeArguments", "superTypeArguments"])

/** Edits at the same place keep their order: what was opened first encloses what was opened later. */
const apply = (source: string, edits: ReadonlyArray<Edit>): string => {
  let code = ""
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.at - b.at)) {
    code += source.slice(at, edit.at) + edit.text
    at = edit.at
  }
  return code + source.slice(at)
}
