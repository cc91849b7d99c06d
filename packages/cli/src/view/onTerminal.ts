/** What a view needs on a terminal, and nothing does elsewhere: loaded when it is needed. */
export { ofProcess } from "./Tty.ts"
export { Viewing } from "./Viewing.ts"
