#!/usr/bin/env node
"use strict"
// Written for any Node, however old: one that cannot run the program is to say so, not to fail on its syntax. The program itself is ../dist, made by `npm run build`.
var wanted = [22, 19]
var version = process.versions.node.split(".").map(Number)

// What Node thinks of itself, of its options and of what is loaded with them is nothing that our users can act on.
process.removeAllListeners("warning")
process.noDeprecation = true

if (version[0] < wanted[0] || (version[0] === wanted[0] && version[1] < wanted[1])) {
  console.error("unchoke needs Node.js " + wanted.join(".") + " or newer; this is " + process.versions.node + ".")
  process.exitCode = 1
} else if (!require("fs").existsSync(require("path").join(__dirname, "../dist/main.cjs"))) {
  console.error("unchoke is not built yet: run `npm run build` in its folder.")
  process.exitCode = 1
} else {
  require("./smallHeap.js")(process.argv[2])
  require("./restingHeap.js")()
  require("./codeCache.js")("main.cjs")
}
