/** The server of files on a real socket, as players use it. */
import { assert, describe, it } from "@effect/vitest"
import { NodeFileServer } from "@unchoke/node/internal"
import { Deferred, Effect, Exit, Stream } from "effect"
import { request, type IncomingMessage } from "node:http"
import { connect } from "node:net"

const bytes = Uint8Array.from({ length: 1000 }, (_, at) => (at * 7) & 255)

/** A file that gives its bytes by and by, and counts who reads. */
const file = (number: number, name: string, reading: { now: number } = { now: 0 }): NodeFileServer.ServedFile => ({
  number,
  path: ["folder", name],
  length: bytes.length,
  tag: `tag-${number}`,
  read: ({ length, offset }) =>
    Stream.unwrap(
      Effect.acquireRelease(
        Effect.sync(() => void reading.now++),
        () => Effect.sync(() => void reading.now--),
      ).pipe(
        Effect.as(Stream.fromIterable([...bytes.subarray(offset, offset + length)].map((one) => Uint8Array.of(one)))),
      ),
    ),
})

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  readonly body: Buffer
}

const ask = (url: string, options: { readonly method?: string; readonly headers?: Record<string, string> } = {}) =>
  Effect.callback<Answer, Error>((resume) => {
    const asked = request(url, options, (response) => {
      const parts: Array<Buffer> = []
      response.on("data", (part: Buffer) => parts.push(part))
      response.on("error", (error) => resume(Effect.fail(error)))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) })),
      )
    })
    asked.on("error", (error) => resume(Effect.fail(error)))
    asked.end()
  })

describe("NodeFileServer", () => {
  it.live("any ranges, many at once: the file's bytes", () =>
    Effect.gen(function* () {
      const film = file(1, "film.webm")
      const { urlOf } = yield* NodeFileServer.serve("folder", [film], 0)
      const check = Effect.fnUntraced(function* ([from, to]: readonly [number | undefined, number | undefined]) {
        const { body, headers, status } = yield* ask(urlOf(film), {
          headers: { range: `bytes=${from ?? ""}-${to ?? ""}` },
        })
        if (status === 416) return assert.strictEqual(headers["content-range"], `bytes */${bytes.length}`)
        const [, first = 0, last = bytes.length - 1] = (
          /^bytes (\d+)-(\d+)\/1000$/.exec(headers["content-range"] ?? "") ?? []
        ).map(Number)
        assert.strictEqual(status, headers["content-range"] === undefined ? 200 : 206)
        if (from !== undefined && status === 206) assert.strictEqual(first, from)
        assert.strictEqual(Number(headers["content-length"]), last - first + 1)
        assert.isTrue(body.equals(bytes.subarray(first, last + 1)))
      })
      const ranges = [0, 1, 500, 999, 1000, 1100, undefined].flatMap((from) =>
        [0, 1, 500, 999, 1000, undefined].map((to) => [from, to] as const),
      )
      yield* Effect.forEach(ranges, check, { concurrency: 16, discard: true })
    }).pipe(Effect.scoped),
  )

  it.live("says what a file is without reading it, and answers by its tag", () =>
    Effect.gen(function* () {
      const reading = { now: 0 }
      const film = file(1, "film.MKV", reading)
      const { urlOf } = yield* NodeFileServer.serve("folder", [film], 0)
      const head = yield* ask(urlOf(film), { method: "HEAD", headers: { range: "bytes=1-2" } })
      assert.strictEqual(head.status, 200)
      assert.strictEqual(head.headers["content-length"], "1000")
      assert.strictEqual(head.headers["content-type"], "video/x-matroska")
      assert.strictEqual(head.headers["accept-ranges"], "bytes")
      assert.strictEqual(head.body.length, 0)
      assert.strictEqual(reading.now, 0)
      const etag = head.headers.etag!
      const status = (headers: Record<string, string>) =>
        Effect.map(ask(urlOf(film), { headers }), ({ status }) => status)
      assert.strictEqual(yield* status({ "if-none-match": `"x", ${etag}` }), 304)
      assert.strictEqual(yield* status({ "if-none-match": `W/${etag}` }), 304)
      assert.strictEqual(yield* status({ "if-match": `"x", ${etag}` }), 200)
      assert.strictEqual(yield* status({ "if-match": "*" }), 200)
      assert.strictEqual(yield* status({ "if-match": '"x"' }), 412)
      assert.strictEqual(yield* status({ "if-match": `W/${etag}` }), 412)
      assert.strictEqual(yield* status({ "if-none-match": '"x"' }), 200)
      assert.strictEqual(yield* status({ range: "bytes=0-1", "if-range": etag }), 206)
      assert.strictEqual(yield* status({ range: "bytes=0-1", "if-range": '"x"' }), 200)
      assert.strictEqual(yield* status({ range: "bytes=0-1", "if-range": "Fri, 27 Nov 2026 14:00:00 GMT" }), 200)
    }).pipe(Effect.scoped),
  )

  it.live("is for this machine alone, and for nobody's pages but its own", () =>
    Effect.gen(function* () {
      const film = file(1, "film.webm")
      const page = file(2, "page.html")
      const { url, urlOf } = yield* NodeFileServer.serve("<b>folder", [film, page], 0)
      const { port } = new URL(url)
      const status = (headers: Record<string, string>, to = urlOf(film)) =>
        Effect.map(ask(to, { headers }), ({ status }) => status)
      for (const host of [
        `evil.example:${port}`,
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        `127.0.0.1.evil:${port}`,
      ]) {
        assert.strictEqual(yield* status({ host }), 421, host)
      }
      assert.strictEqual(yield* status({ host: `LOCALHOST:${port}` }), 200)
      for (const site of ["cross-site", "same-site"]) {
        assert.strictEqual(yield* status({ "sec-fetch-site": site, "sec-fetch-mode": "no-cors" }), 403)
        assert.strictEqual(yield* status({ "sec-fetch-site": site, "sec-fetch-mode": "navigate" }), 200)
      }
      assert.strictEqual(yield* status({ "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors" }), 200)
      // What could be run is bytes.
      const { headers } = yield* ask(urlOf(page))
      assert.strictEqual(headers["content-type"], "application/octet-stream")
      assert.strictEqual(headers["x-content-type-options"], "nosniff")
      const list = yield* ask(url)
      assert.include(list.body.toString(), "&#60;b&#62;folder")
      assert.include(list.body.toString(), `href="/2/page.html"`)
      for (const path of ["3/x", "1/a/b", "x", "1.0"]) assert.strictEqual(yield* status({}, url + path), 404, path)
      assert.strictEqual((yield* ask(urlOf(film), { method: "POST" })).status, 405)
    }).pipe(Effect.scoped),
  )

  it.live(
    "whoever goes is read for no more; what breaks off is not taken for the whole; its end waits for nobody",
    () =>
      Effect.gen(function* () {
        const gone = yield* Deferred.make<void>()
        const never: NodeFileServer.ServedFile = {
          ...file(1, "film.webm"),
          read: () =>
            Stream.ensuring(
              Stream.concat(Stream.succeed(bytes.subarray(0, 10)), Stream.never),
              Deferred.succeed(gone, undefined),
            ),
        }
        const broken: NodeFileServer.ServedFile = {
          ...file(2, "film.webm"),
          read: () => Stream.concat(Stream.succeed(bytes.subarray(0, 10)), Stream.fail("lost")),
        }
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { url, urlOf } = yield* NodeFileServer.serve("folder", [never, broken], 0)
            const { port } = new URL(url)
            const socket = connect(Number(port), "127.0.0.1")
            socket.write(`GET /1/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
            yield* Effect.callback<void>((resume) => void socket.once("data", () => resume(Effect.void)))
            socket.destroy()
            yield* Deferred.await(gone)
            assert.isTrue(Exit.isFailure(yield* Effect.exit(ask(urlOf(broken)))))
            yield* Effect.forkDetach(Effect.exit(ask(urlOf(never))))
            yield* Effect.sleep("50 millis")
          }),
        )
      }),
  )

  it.live("a port that is taken is told", () =>
    Effect.gen(function* () {
      const { url } = yield* NodeFileServer.serve("folder", [], 0)
      const error = yield* Effect.flip(NodeFileServer.serve("folder", [], Number(new URL(url).port)))
      assert.strictEqual(error.reason, "in use")
    }).pipe(Effect.scoped),
  )
})
