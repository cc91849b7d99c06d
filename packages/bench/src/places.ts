/** Where the benchmarks find and keep their things. */
import { fileURLToPath } from "node:url"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What is made and may be thrown away: built programs, results, downloads on the real disk. */
export const dist = at("../dist")

/** The C programs. */
export const loadgen = at("../loadgen")

/** Scripts that run other clients. */
export const clients = at("./clients")

/** Our own command, as a user has it; `UNCHOKE` names another build, such as the one of an installed package. */
export const unchoke = process.env.UNCHOKE ?? at("../../cli/bin/unchoke.js")
