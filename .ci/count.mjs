// node .ci/count.mjs REPORT FAILURES AGAIN: prints how many tests of vitest's JSON report passed and failed, and adds the failed ones to FAILURES, and those that passed when they were run again to AGAIN, each with its first words.
import { appendFileSync, readFileSync } from "node:fs"
import { relative } from "node:path"

const [report, failures, again] = process.argv.slice(2)
const { numFailedTests, numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8"))

const words = (message) => message.split("\n").slice(0, 12).join("\n    ")

for (const file of testResults) {
  const name = relative(process.cwd(), file.name)
  for (const test of file.assertionResults) {
    if (test.failureMessages.length === 0) continue
    const to = test.status === "failed" ? failures : again
    appendFileSync(to, `${name}: ${test.fullName}\n    ${words(test.failureMessages.join("\n"))}\n`)
  }
  if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"))
    appendFileSync(failures, `${name}: ${words(file.message)}\n`)
}
console.log(numPassedTests, numFailedTests)
