/** What happens when our output can't be written: nobody reads it any more, as in `unchoke probe | head -3`, or it goes to a file on a full disk. */
import { ExitCode } from "./ExitCode.ts"

/** What a shell reports for a program that the signal SIGPIPE ended (128 + 13). */
const exitCode = 141

/** Ends the process: quietly when nobody reads. Nothing is lost by it: a download is resumable at every moment. */
export const quitOnUnwritableOutput = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCode)
    process.stderr.write(
      `error: Cannot write the output: ${error.message}. Run the same command again when there is room for it.\n`,
    )
    process.exit(ExitCode.disk)
  })
  // There is nowhere to say it.
  process.stderr.on("error", () => {})
}
