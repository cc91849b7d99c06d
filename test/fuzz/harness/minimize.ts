/** Makes a finding small: bytes are left out as long as the same thing goes wrong. */
import type { Finding } from "./Fuzzer.ts"

/** Tries at most so many shorter inputs. */
export const minimize = (
  finding: Finding,
  tryInput: (bytes: Uint8Array) => Finding | undefined,
  attempts = 3000,
): Finding => {
  let smallest = finding
  let left = attempts
  for (let run = Math.ceil(finding.bytes.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let at = 0; at < smallest.bytes.length && left > 0; left--) {
      const { bytes } = smallest
      const shorter = new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + run)]))
      const again = tryInput(shorter)
      if (again !== undefined && kindOf(again) === kindOf(finding)) smallest = again
      else at += run
    }
  }
  return smallest
}

/** Findings of one kind differ in their numbers only. */
export const kindOf = ({ error }: Finding): string => error.message.split("\n")[0]!.replaceAll(/\d+/g, "#")
