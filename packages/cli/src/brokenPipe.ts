/** What happens when nobody reads our output any more, as in `unchoke probe | head -3`. */

/** What a shell reports for a program that the signal SIGPIPE ended (128 + 13). */
const exitCode = 141

/** Ends the process quietly. Nothing is lost by it: a download is resumable at every moment. */
export const quitOnBrokenPipe = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCode)
    throw error
  })
  // There is nowhere to say it.
  process.stderr.on("error", () => {})
}
