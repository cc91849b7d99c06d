/** How far a download is, in words. */
import * as DownloadProgress from "./DownloadProgress.ts"
import * as Units from "./units.ts"

type Progress = DownloadProgress.DownloadProgress

/** "43.2 %". */
export const share = (self: Progress): string => Units.percent(DownloadProgress.arrived(self), self.wanted.bytes)

/** "43.2 % of 1.03 GiB". */
export const amount = (self: Progress): string => `${share(self)} of ${Units.bytes(self.length)}`

/** "446 MiB of 1.03 GiB": so many bytes of pieces, as they are told of files. */
export const part = (self: Progress, bytes: number): string =>
  Units.bytesOf(DownloadProgress.ofFiles(self, bytes), self.length)

/** "33.4 MiB/s". */
export const rate = (self: Progress, now: number): string => Units.rate(DownloadProgress.rateDown(self, now))

/** "3 min 20 s left"; empty where nobody knows. */
export const timeLeft = (self: Progress, now: number): string => {
  const left = DownloadProgress.timeLeft(self, now)
  return left === undefined ? "" : `${Units.foreseen(left)} left`
}

/** "ratio 0.75": what was given, by the length of what is wanted. */
export const ratio = (self: Progress): string => `ratio ${Units.ratio(DownloadProgress.ratio(self))}`
