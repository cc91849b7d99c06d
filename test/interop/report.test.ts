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
import { Timeline } from "../../packages/cli/src/report/Timeline.ts"
import * as Browser from "./Browser.ts"
import { whenInstalled } from "./whenInstalled.ts"

const peer = (at: number) =>
  NetAddress.inetAddressFromStringUnsafe(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}:6881`)

/** Its neighbours' names for themselves are not to be believed, least of all in a browser. */
const client = (at: number) =>
  at % 7 === 0 ? `<script>document.title="owned"</script> ${at}` : `Client ${at % 5}.${at}`

const peers = 1000

const html = () => {
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
  return reportHtml(reportOf(about, survey, timeline))
}

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
        const fill = (id: string, value: string) =>
          page.value(
            `{ const field = document.getElementById(${JSON.stringify(id)}); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event("input", { bubbles: true })) }`,
          )
        yield* fill("verdict", "never unchoked us")
        assert.strictEqual(yield* shown, "333 of 1000 peers")
        yield* fill("find", "client 1.")
        assert.strictEqual(yield* shown, `${yield* page.value(`${rows}.length`)} of 1000 peers`)
        assert.isTrue(
          yield* page.value(
            `${rows}.every((row) => row.textContent.includes("Client 1.") && row.textContent.includes("never"))`,
          ),
        )

        // Each picture says in words what it shows.
        assert.strictEqual(yield* page.value("document.querySelectorAll('svg[role=img]:not([aria-label])').length"), 0)
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

    it.effect("fits a telephone", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" }), "report.html")
        yield* fs.writeFileString(file, html())
        const page = yield* Browser.open(pathToFileURL(file).href, 500, 800)
        assert.isTrue(yield* page.value("document.documentElement.scrollWidth <= innerWidth"))
      }).pipe(Effect.scoped),
    )
  })
})
