/** The report of a probe in a real browser: a thousand peers, sorted, filtered, on paper and in the dark. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { ChokeTimeout, ConnectFailed, type SurveyEvent } from "@unchoke/engine"
import { Duration } from "effect"
import { seen } from "../cli/peers.ts"
import { Survey } from "../../packages/cli/src/render/Survey.ts"
import { reportHtml } from "../../packages/cli/src/report/html.ts"
import { reportOf } from "../../packages/cli/src/report/Report.ts"
import { waterfallSvg } from "../../packages/cli/src/report/svg.ts"
import { Timeline } from "../../packages/cli/src/report/Timeline.ts"
import * as Browser from "./Browser.ts"
import { whenInstalled } from "./whenInstalled.ts"

const peer = (at: number) =>
  NetAddress.inetAddressFromStringUnsafe(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}:6881`)

/** Its neighbours' names for themselves are not to be believed, least of all in a browser. */
const client = (at: number) =>
  at % 11 === 0
    ? `\uffff\u001b[2J${"a".repeat(64)}`
    : at % 7 === 0
      ? `<script>document.title="owned"</script> ${at}`
      : `Client ${at % 5}.${at}`

const peers = 1000

const report = () => {
  const survey = new Survey()
  const timeline = new Timeline()
  const see = (at: number, event: SurveyEvent) => {
    survey.see(event)
    timeline.see(event, at)
  }
  for (let at = 0; at < peers; at++) {
    const facts = seen({ client: client(at), have: 100, connect: 10, handshake: 20, elapsed: 30 })
    see(at, { _tag: "Dialling", peer: peer(at) })
    if (at % 3 === 0) {
      see(at + 900, {
        _tag: "Rejected",
        peer: peer(at),
        error: new ConnectFailed({ peer: peer(at), seen: seen({}), reason: "refused" }),
      })
      continue
    }
    see(at + 10, { _tag: "Connected", peer: peer(at) })
    see(at + 40, { _tag: "Parked", peer: peer(at), seen: facts })
    if (at % 3 === 1) {
      see(at + 2000, {
        _tag: "Rejected",
        peer: peer(at),
        error: new ChokeTimeout({ peer: peer(at), seen: facts, waited: Duration.seconds(2) }),
      })
    } else {
      see(at + 40 + peers - at, {
        _tag: "Passed",
        peer: peer(at),
        seen: seen({ client: client(at), have: 100, unchoke: peers - at }),
      })
    }
  }
  see(3000, { _tag: "Copies", copies: 3.5, lacking: 0, pieces: [], stretches: [3, 4, 4, 0] })
  const about = { name: "<img src=x onerror=alert(1)> & co", infoHash: "ab".repeat(20), bytes: 1e9, pieces: 100 }
  return reportOf(about, survey, timeline)
}

const html = () => reportHtml(report())

whenInstalled("the report of a probe in Chromium", Browser.tools, () => {
  layer(NodeServices.layer, { excludeTestServices: true })((it) => {
    it.effect("shows, sorts and filters a thousand peers, by mouse and by keyboard, without a complaint", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" }), "report.html")
        yield* fs.writeFileString(file, html())
        const page = yield* Browser.open(pathToFileURL(file).href)
        const rows = "[...document.querySelectorAll('.peers tbody tr')].filter((row) => row.checkVisibility())"
        const first = page.value(`${rows}[0].cells[0].textContent`)

        assert.strictEqual(yield* page.value(`${rows}.length`), peers)
        assert.strictEqual(
          yield* page.value("document.title"),
          "<img src=x onerror=alert(1)> & co: who would give it to us",
        )
        // The one who unchoked us soonest would give it.
        assert.strictEqual(yield* first, "10.0.3.230:6881")

        yield* page.value("document.querySelectorAll('.peers thead button')[0].focus()")
        yield* page.press("Enter")
        assert.strictEqual(yield* first, "10.0.0.0:6881")
        assert.strictEqual(
          yield* page.value("document.querySelector('.peers th[aria-sort]').textContent.trim()"),
          "Peer",
        )
        for (let tab = 0; tab < 5; tab++) yield* page.press("Tab")
        yield* page.press("Enter")
        yield* page.press("Enter")
        assert.strictEqual(yield* page.value("document.querySelector('.peers th[aria-sort]').ariaSort"), "descending")
        assert.strictEqual(yield* page.value("document.activeElement.textContent"), "Unchoke")

        const shown = page.value("document.querySelector('#shown').textContent")
        // Who is typing waits for nothing, and so is told a moment later.
        const fill = (id: string, value: string) =>
          page.value(
            `new Promise((shown) => {
              new MutationObserver(() => shown()).observe(document.querySelector("#shown"), { childList: true })
              const field = document.getElementById(${JSON.stringify(id)})
              field.value = ${JSON.stringify(value)}
              field.dispatchEvent(new Event("input", { bubbles: true }))
            })`,
          )
        yield* fill("verdict", "never unchoked us")
        assert.strictEqual(yield* shown, "333 of 1,000 peers")
        yield* fill("find", "client 1.")
        assert.strictEqual(yield* shown, `${yield* page.value(`${rows}.length`)} of 1,000 peers`)
        assert.isTrue(
          yield* page.value(
            `${rows}.every((row) => row.textContent.includes("Client 1.") && row.textContent.includes("never"))`,
          ),
        )

        // All are laid out again, where they can be read aloud.
        yield* fill("find", "")
        yield* fill("verdict", "")
        yield* page.value(
          "new Promise((done) => { const look = () => document.querySelector('.later') === null ? done() : setTimeout(look, 20); look() })",
        )
        const heard = yield* page.heard
        const named = (role: string) => heard.filter((one) => one.role === role).map(({ name }) => name)
        // Each table and each picture says in words what it shows.
        assert.sameMembers(named("table"), [
          "1,000 peers, when each was reached, and how it ended",
          "By verdict",
          "By client",
        ])
        assert.strictEqual(
          named("image").filter((name) => /^10\.0\.\d+\.\d+:6881.*: connecting /.test(name)).length,
          peers,
        )
        assert.notInclude(named("image"), "")
        assert.isAtLeast(named("rowheader").length, peers)
        const ground = page.value("getComputedStyle(document.body).backgroundColor")
        yield* page.shownAs("screen", "dark")
        assert.strictEqual(yield* ground, "rgb(21, 24, 28)")
        const dark = yield* page.screenshot
        yield* page.shownAs("print", "dark")
        assert.strictEqual(yield* ground, "rgb(255, 255, 255)")
        assert.strictEqual(yield* page.value("getComputedStyle(document.querySelector('.controls')).display"), "none")
        yield* page.shownAs("screen", "light")
        const light = yield* page.screenshot
        assert.isFalse(Buffer.from(dark).equals(light))
        assert.isAbove(light.length, 20_000)

        assert.deepStrictEqual(page.complaints(), [])
      }).pipe(Effect.scoped),
    )

    it.effect("is printed: each peer, the head of the table on each page", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" }), "report.html")
        yield* fs.writeFileString(file, html())
        const page = yield* Browser.open(pathToFileURL(file).href)
        const pdf = Buffer.from(yield* page.paper).toString("latin1")
        const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0
        // Some thirty rows a page.
        assert.isAbove(pages, peers / 60)
        assert.isBelow(pages, peers / 15)
        // A fill that is a pattern is one more picture on the page for each time that it is used.
        assert.notMatch(pdf, /\/PatternType\s+1/)
        assert.isBelow(pdf.length, 8 << 20)
      }).pipe(Effect.scoped),
    )

    it.effect("runs nothing that a recording holds, even if it had come to stand there as markup", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" })
        const injected =
          '<script>document.title = "owned"</script><img src=x onerror="document.title = \'owned\'"><style>body{display:none}</style>'
        yield* fs.writeFileString(join(folder, "report.html"), html().replace("<main>", `<main>${injected}`))
        const page = yield* Browser.open(pathToFileURL(join(folder, "report.html")).href)
        assert.match(String(yield* page.value("document.title")), /who would give it to us$/)
        assert.strictEqual(yield* page.value("getComputedStyle(document.body).display"), "block")
        assert.strictEqual(yield* page.value("document.querySelector('#shown').textContent"), "1,000 peers")
        // The script, the style, the handler and the picture.
        assert.isAtLeast(page.complaints().length, 3)
      }).pipe(Effect.scoped),
    )

    it.effect("as a picture is an XML document, whatever peers call themselves", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" }), "waterfall.svg")
        yield* fs.writeFileString(file, waterfallSvg(report()))
        const page = yield* Browser.open(pathToFileURL(file).href)
        assert.strictEqual(yield* page.value("document.querySelector('parsererror')"), null)
        assert.strictEqual(yield* page.value("document.querySelectorAll('g').length"), peers)
        assert.deepStrictEqual(page.complaints(), [])
      }).pipe(Effect.scoped),
    )

    it.effect("fits a telephone", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" }), "report.html")
        yield* fs.writeFileString(file, html())
        const page = yield* Browser.open(pathToFileURL(file).href, 500, 800)
        yield* page.narrow(320)
        assert.isTrue(yield* page.value("document.documentElement.scrollWidth <= innerWidth"))
      }).pipe(Effect.scoped),
    )
  })
})
