"use strict"
/**
 * Runs the bundle in ../dist with V8's code cache.
 *
 * Node's own compile cache is made when a file has been loaded, and lacks the functions that are compiled when they are first called: a tenth of a small
 * download. This one is made at the end of a run that did all there is to do, one for each command. It lies beside the bundle, so it is as good as the
 * bundle; where we may not write, Node's has to do. V8 itself refuses what another version or other flags have made.
 */
const fs = require("fs")
const { enableCompileCache } = require("module")
const path = require("path")
const vm = require("vm")

const dist = path.join(__dirname, "../dist")
const command = /^[a-z]+$/.test(process.argv[2]) ? process.argv[2] : "other"
const folder = path.join(dist, ".cache", `${process.version}-${process.arch}`, command)

/**
 * The run that ends with this code did all there is to do, and V8 has still what it compiled for it. A probe did, whether or not it found somebody; after ten
 * seconds of downloading V8 has thrown away what ran only at the beginning.
 */
const isWhole = (code) => (command === "probe" ? code === 0 || code === 3 : code === 0 && process.uptime() < 10)

const modules = new Map()
/** Scripts whose cache is not there or was refused. */
const uncached = new Map()

const load = (name) => {
  const known = modules.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  modules.set(name, module)
  const filename = path.join(dist, name)
  const cachedData = read(path.join(folder, name))
  const script = new vm.Script(
    `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(filename, "utf8")}\n})`,
    { filename, cachedData, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  )
  if (cachedData === undefined || script.cachedDataRejected) uncached.set(name, script)
  const requireFrom = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id))
  script.runInThisContext().call(module.exports, module.exports, requireFrom, module, filename, dist)
  return module.exports
}

const read = (file) => {
  try {
    return fs.readFileSync(file)
  } catch {
    return undefined
  }
}

/** Another process may be doing the same: each file appears whole. */
const save = () => {
  try {
    fs.mkdirSync(folder, { recursive: true })
    for (const [name, script] of uncached) {
      const fresh = path.join(folder, `${name}.${process.pid}`)
      fs.writeFileSync(fresh, script.createCachedData())
      fs.renameSync(fresh, path.join(folder, name))
    }
  } catch {
    // A full disk: the next run starts a little slower.
  }
}

const isWritable = () => {
  try {
    fs.accessSync(dist, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

module.exports = (name) => {
  if (!fs.existsSync(folder) && !isWritable()) {
    enableCompileCache()
    return require(path.join(dist, name))
  }
  process.on("exit", (code) => {
    if (uncached.size > 0 && isWhole(code)) save()
  })
  return load(name)
}
