/** What others play from us while we download it from somebody else's client: curl, ffprobe, Chromium, mpv. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import * as Browser from "./Browser.ts"
import { libtorrent } from "./clients/libtorrent.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { freePort } from "./loopback.ts"
import * as Ours from "./Ours.ts"
import { output, run } from "./Process.ts"
import { command } from "./Tool.ts"
import { whenInstalled } from "./whenInstalled.ts"

const KiB = 1024
const pieceLength = 64 * KiB
const seconds = 12

/** A moving picture with a tone of so many seconds, as a browser plays it. */
const film = (file: string) =>
  output("ffmpeg", [
    ..."-loglevel error -f lavfi -i testsrc2=size=320x180:rate=15 -f lavfi -i sine=440".split(" "),
    ...`-t ${seconds} -c:v libvpx -deadline realtime -cpu-used 16 -threads 2 -g 15 -b:v 1M -minrate 1M -maxrate 1M -c:a libvorbis`.split(
      " ",
    ),
    file,
  ])

/** A film and something else in a folder, a seed of it that gives twice what is played, and ours that streams it. */
const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-stream-" })
  const made = (name: string) => Effect.as(fs.makeDirectory(join(root, name), { recursive: true }), join(root, name))
  const source = yield* made("seed/a film")
  yield* film(join(source, "film.webm"))
  yield* fs.writeFile(join(source, "notes.txt"), new Uint8Array(100 * KiB).fill(46))
  const bytes = Buffer.from(yield* fs.readFile(join(source, "film.webm")))
  const torrent = join(root, "film.torrent")
  yield* mktorrent.create({ source, output: torrent, trackers: [], pieceLength, private: false })
  const port = yield* freePort(libtorrent.host)
  yield* libtorrent.join({
    torrents: [torrent],
    dataFolder: join(root, "seed"),
    host: libtorrent.host,
    port,
    home: yield* made("home"),
    uploadLimit: Math.ceil((2 * bytes.length) / seconds / KiB) * KiB,
  })
  const folder = yield* made("ours")
  const alone = ["--no-tracker", "--no-dht", "--no-lsd", "--port", "0"]
  const ours = yield* Ours.start("stream", torrent, "-o", folder, "--peer", `${libtorrent.host}:${port}`, ...alone)
  let url = ""
  yield* ours.until("its address", (line) => {
    url = line.url ?? url
    return line._tag === "Serving"
  })
  return { url, bytes, ours, there: join(folder, "a film/film.webm") }
})

const curl = (...args: ReadonlyArray<string>) => output("curl", ["-sS", ...args])

whenInstalled(
  "streaming",
  [command("curl"), command("ffmpeg"), command("mpv"), ...Browser.tools, ...libtorrent.tools, ...mktorrent.tools],
  () =>
    layer(NodeServices.layer, { excludeTestServices: true })("streaming", (it) => {
      it.effect("curl gets each range, many at once, while it is downloaded", () =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const { bytes, ours, there, url } = yield* stage
          const { length } = bytes
          const to = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-curl-" })
          const ranges = [
            [`${length - 1000}-`, length - 1000, length],
            ["0-99", 0, 100],
            ["-5000", length - 5000, length],
            [`${length >> 1}-${(length >> 1) + 200_000}`, length >> 1, (length >> 1) + 200_001],
            ["100-99999999999", 100, length],
          ] as const
          yield* Effect.forEach(
            ranges,
            Effect.fnUntraced(function* ([range, from, end], nth) {
              const file = join(to, String(nth))
              const said = yield* curl("-r", range, "-o", file, "-w", "%{http_code} %header{content-range}", url)
              assert.strictEqual(said, `206 bytes ${from}-${end - 1}/${length}`)
              assert.isTrue(bytes.subarray(from, end).equals(Buffer.from(yield* fs.readFile(file))), range)
            }),
            { concurrency: "unbounded" },
          )
          const head = yield* curl("-I", url)
          assert.match(head, new RegExp(`content-length: ${length}\\r`, "i"))
          assert.match(head, /^content-type: video\/webm\r$/im)
          const [, etag = ""] = /^etag: (.*)\r$/im.exec(head) ?? []
          const status = (...args: ReadonlyArray<string>) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args, url)
          assert.strictEqual(yield* status("-r", `${length}-`), "416")
          assert.strictEqual(yield* status("-r", "0-1,4-5"), "200")
          assert.strictEqual(yield* status("-r", "0-1", "-H", `If-Range: ${etag}`), "206")
          assert.strictEqual(yield* status("-r", "0-1", "-H", 'If-Range: "another"'), "200")
          assert.strictEqual(yield* status("-H", `If-None-Match: ${etag}`), "304")
          assert.strictEqual(yield* status("-H", "Host: film.example"), "421")
          yield* ours.until("the end", ({ _tag }) => _tag === "Done")
          assert.isTrue(bytes.equals(Buffer.from(yield* fs.readFile(there))))
          assert.strictEqual(yield* ours.interrupt, 130)
        }),
      )

      it.effect("ffprobe and Chromium play it while it is downloaded", () =>
        Effect.gen(function* () {
          const { ours, url } = yield* stage
          const page = yield* Browser.open(url)
          const played = yield* page.value(`new Promise(async (resolve, reject) => {
            const video = document.querySelector("video")
            const until = (event) => new Promise((done) => video.addEventListener(event, done, { once: true }))
            video.addEventListener("error", () => reject(video.error))
            if (video.readyState < 3) await until("canplay")
            await video.play()
            while (video.currentTime < 1) await until("timeupdate")
            video.currentTime = 0.8 * video.duration
            await until("seeked")
            const from = video.currentTime
            while (video.currentTime < from + 1) await until("timeupdate")
            resolve({ duration: video.duration, width: video.videoWidth, from })
          })`)
          const { duration, from, width } = played as { duration: number; from: number; width: number }
          assert.approximately(duration, seconds, 0.5)
          assert.approximately(from, 0.8 * seconds, 0.5)
          assert.strictEqual(width, 320)
          const probed = yield* run("ffprobe", ["-v", "error", "-show_entries", "format=duration", "-of", "csv", url])
          assert.match(probed.stdout, /^format,(11|12)\./, probed.stderr)
          assert.strictEqual(yield* ours.interrupt, 130)
        }),
      )

      it.effect("mpv plays it while it is downloaded, from where it is told to", () =>
        Effect.gen(function* () {
          const { ours, url } = yield* stage
          const plays = Effect.fnUntraced(function* (from: number) {
            const told = `--no-config --vo=null --ao=null --length=1 --start=${from} --term-status-msg=at=\${=time-pos};`
            const { exitCode, stderr, stdout } = yield* run("mpv", [...told.split(" "), url])
            const said = stdout + stderr
            assert.strictEqual(exitCode, 0, said)
            const times = [...said.matchAll(/at=([\d.]+);/g)].map(([, time]) => Number(time))
            assert.isAbove(times.length, 1, said)
            assert.isAtLeast(Math.min(...times), from - 0.2, said)
            assert.approximately(Math.max(...times), from + 1, 0.5, said)
          })
          yield* plays(0)
          yield* plays(0.75 * seconds)
          yield* plays(0.25 * seconds)
          assert.strictEqual(yield* ours.interrupt, 130)
        }),
      )
    }),
)
