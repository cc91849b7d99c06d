"use strict"
/**
 * Runs the bundle in ../dist with V8's code cache.
 *
 * Node's own compile cache is made when a file has been loaded, and lacks the functions that are compiled when they are first called: a tenth of a small
 * download. This one is made at the end of a run that did all there is to do, one for each command, and another for one that is observed. It lies beside the bundle; where we may not write, Node's
 * has to do, among the user's own files: nobody else may bring in code.
 *
 * V8 refuses what another version or other flags have made, but of the source it compares the length alone, and of its own data nothing. So each file of the
 * cache ends with the source that it was made of, and counts only for that: neither a bundle that has changed nor a file that was not written to its end passes.
 * (Comparing takes a tenth of a millisecond; loading something of Node's that makes a checksum takes two.)
 */
const fs = require("fs")
const { enableCompileCache } = require("module")
const path = require("path")
const vm = require("vm")

const dist = path.join(__dirname, "../dist")
const [, , first = "", ...rest] = process.argv
const command = /^[a-z]+$/.test(first) ? first : "other"
/** Who is looked at from outside runs much that others do not. */
const observed = rest.some((word) => /^--(?:otlp|metrics)\b/.test(word)) ? "-observed" : ""
const folder = path.join(dist, ".cache", `${process.version}-${process.arch}`, command + observed)

/**
 * The run that ends with this code did all there is to do, and V8 has still what it compiled for it. A probe did, whether or not it found somebody; after ten
 * seconds of downloading V8 has thrown away what ran only at the beginning.
 */
const isWhole = (code) => (command === "probe" ? code === 0 || code === 3 : code === 0 && process.uptime() < 10)

const modules = new Map()
/** What has no cache, or a useless one: the script and its source. */
const uncached = new Map()

const load = (name) => {
  const known = modules.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  modules.set(name, module)
  const filename = path.join(dist, name)
  const source = fs.readFileSync(filename)
  const cachedData = read(path.join(folder, name), source)
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  if (cachedData === undefined || script.cachedDataRejected) uncached.set(name, { script, source })
  const requireFrom = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id))
  script.runInThisContext().call(module.exports, module.exports, requireFrom, module, filename, dist)
  return module.exports
}

const read = (file, source) => {
  try {
    const bytes = fs.readFileSync(file)
    const end = bytes.length - source.length
    return source.equals(bytes.subarray(end)) ? bytes.subarray(0, end) : undefined
  } catch {
    return undefined
  }
}

/** Another process may be doing the same, and the machine may go down: each file appears whole. */
const write = (file, { script, source }) => {
  const fresh = `${file}.${process.pid}`
  try {
    fs.writeFileSync(fresh, Buffer.concat([script.createCachedData(), source]), { flush: true })
    fs.renameSync(fresh, file)
  } catch (error) {
    fs.rmSync(fresh, { force: true })
    throw error
  }
}

const save = () => {
  try {
    fs.mkdirSync(folder, { recursive: true })
    for (const [name, made] of uncached) write(path.join(folder, name), made)
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

/** The user's folder for what can be made anew; not every user has one. */
const cacheOfUser = () => {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  return [XDG_CACHE_HOME, HOME && path.join(HOME, ".cache"), LOCALAPPDATA].find(
    (folder) => folder && path.isAbsolute(folder),
  )
}

module.exports = (name) => {
  if (!fs.existsSync(folder) && !isWritable()) {
    const cache = cacheOfUser()
    if (cache !== undefined) enableCompileCache(path.join(cache, "unchoke"))
    return require(path.join(dist, name))
  }
  process.on("exit", (code) => {
    if (uncached.size > 0 && isWhole(code)) save()
  })
  return load(name)
}
