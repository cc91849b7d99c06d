/**
 * Imported before anything else by the programs of this package, for what it does: a working folder that was deleted under us has no path, and whoever asks
 * Node for it gets an exception. It keeps its last name, under which nothing is found. Workers begin by asking, too, so we leave for a folder that is there.
 */

/** The working folder's path was known and is there no more. */
export const workingFolderIsGone: boolean = (() => {
  try {
    process.cwd()
    return false
  } catch {
    const lastName = process.env["PWD"] ?? "/deleted"
    process.chdir("/")
    process.cwd = () => lastName
    return true
  }
})()
