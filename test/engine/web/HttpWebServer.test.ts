/** One part of a file from a web server: redirects, addresses that are not to be called, what statuses and fields say. */
import { describe, expect, it } from "@effect/vitest"
import { MemoryWeb, pass } from "@unchoke/testkit"
import { Effect, Fiber, Layer, Result } from "effect"
import { HttpWebServer, WebServer, webProblemInWords } from "@unchoke/engine"

const data = Uint8Array.from({ length: 50_000 }, (_, at) => at % 251)
const file: MemoryWeb.Site = ({ range }) =>
  range === undefined
    ? { body: data }
    : {
        status: 206,
        fields: { "content-range": `bytes ${range.first}-${range.last}/${data.length}` },
        body: data.subarray(range.first, range.last + 1),
      }

const names = {
  "public.example": ["8.8.8.8"],
  "private.example": ["192.168.1.1"],
  "both.example": ["192.168.1.1", "8.8.8.8"],
  "dead.example": ["8.8.4.4", "8.8.8.8"],
}

interface Options {
  readonly url?: string
  readonly site?: MemoryWeb.Site
  readonly mitigateSsrf?: boolean
  readonly refuses?: ReadonlyArray<string>
  /** Several at once, over one lane. */
  readonly parts?: ReadonlyArray<readonly [first: number, last: number]>
}

const ask = ({
  mitigateSsrf = true,
  parts = [[100, 20_099]],
  refuses = [],
  site = file,
  url = "http://public.example/file",
}: Options) => {
  const web = MemoryWeb.layer({ site, names, refuses })
  return Effect.gen(function* () {
    const lane = yield* (yield* WebServer).lane
    const fetched: Array<Result.Result<string, string>> = []
    for (const [first, last] of parts) {
      const got = yield* Effect.gen(function* () {
        yield* lane.enter(url)
        const { isWhole, offset, part } = yield* lane.fetch({ url, first, last, length: data.length })
        const chunks: Array<Uint8Array> = []
        for (let bytes = yield* part; bytes !== undefined; bytes = yield* part) chunks.push(bytes.slice())
        const all = Buffer.concat(chunks)
        const right = all.equals(isWhole ? data : data.subarray(first, last + 1))
        return `${isWhole ? "whole" : "part"} from ${offset}, ${right ? "right" : "wrong"}`
      }).pipe(Effect.scoped, Effect.mapError(webProblemInWords), Effect.result)
      fetched.push(got)
    }
    const { dials, requests } = yield* MemoryWeb.MemoryWeb
    return { said: fetched.map(Result.merge), requests, dials: dials() }
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(HttpWebServer.layerWith({ mitigateSsrf }), web)))
}

const redirecting =
  (to: Readonly<Record<string, string>>): MemoryWeb.Site =>
  (requested) => {
    const location = to[`${requested.host}${requested.target}`]
    return location === undefined ? file(requested) : { status: 302, fields: { location }, body: new Uint8Array(9) }
  }

describe("a web server", () => {
  it.effect("gives parts over one connection, and takes what we ask as it is", () =>
    Effect.gen(function* () {
      const { dials, requests, said } = yield* ask({
        parts: [
          [0, 0],
          [49_999, 49_999],
          [5, 30_000],
        ],
      })
      expect(said).toEqual(["part from 0, right", "part from 49999, right", "part from 5, right"])
      expect(dials).toBe(1)
      expect(requests[0]!.host).toBe("public.example")
      expect(requests[0]!.fields.get("accept-encoding")).toBe("identity")
    }),
  )

  it.effect("is asked anew where a connection that was kept is closed by then", () =>
    Effect.gen(function* () {
      const { dials, said } = yield* ask({
        parts: [
          [0, 9],
          [10, 19],
        ],
        // It says that it stays, and goes.
        site: (requested) => (requested.before === 1 ? { raw: "" } : file(requested)),
      })
      expect(said).toEqual(["part from 0, right", "part from 10, right"])
      expect(dials).toBe(2)
    }),
  )

  it.effect("is reached at another address when one refuses", () =>
    Effect.gen(function* () {
      const { requests, said } = yield* ask({ url: "http://dead.example/file", refuses: ["8.8.4.4:80"] })
      expect(said).toEqual(["part from 100, right"])
      expect(requests[0]!.address).toBe("8.8.8.8:80")
      expect((yield* ask({ refuses: ["8.8.8.8:80"] })).said).toEqual([
        "nobody listens there: the connection was refused",
      ])
      expect((yield* ask({ url: "http://nobody.example/" })).said).toEqual(["the name nobody.example is not known"])
    }),
  )

  it.effect("redirects us, and is asked there at once the next time", () =>
    Effect.gen(function* () {
      const site = redirecting({
        "public.example/file": "/other?x=1",
        "public.example/other?x=1": "http://dead.example:81/end",
      })
      const { requests, said } = yield* ask({
        site,
        parts: [
          [0, 9],
          [10, 19],
        ],
      })
      expect(said).toEqual(["part from 0, right", "part from 10, right"])
      expect(requests.map(({ host, target }) => host + target)).toEqual([
        "public.example/file",
        "public.example/other?x=1",
        "dead.example:81/end",
        "dead.example:81/end",
      ])
    }),
  )

  it.effect("that redirects us in a circle, or nowhere, is left", () =>
    Effect.gen(function* () {
      const circle = yield* ask({ site: () => ({ status: 301, fields: { location: "?again" } }) })
      expect(circle.said).toEqual(["redirects more than 5 times"])
      expect(circle.requests).toHaveLength(6)
      const { said } = yield* ask({ site: () => ({ status: 307, fields: { location: "ftp://x/" } }) })
      expect(said).toEqual(["answered nonsense: a redirect that leads nowhere"])
      expect((yield* ask({ site: () => ({ status: 302 }) })).said).toEqual(["answered with 302 Whatever"])
    }),
  )

  it.effect("where a redirect has run out, is asked from the beginning", () =>
    Effect.gen(function* () {
      const site: MemoryWeb.Site = (requested) =>
        requested.target === "/file"
          ? { status: 302, fields: { location: `/signed?${requested.before}` } }
          : requested.target === "/signed?0" && requested.before > 1
            ? { status: 403 }
            : file(requested)
      const { said } = yield* ask({
        site,
        parts: [
          [0, 9],
          [10, 19],
        ],
      })
      expect(said).toEqual(["part from 0, right", "part from 10, right"])
    }),
  )

  it.effect("in our own network gets no query, and nobody on the internet leads us there", () =>
    Effect.gen(function* () {
      expect((yield* ask({ url: "http://private.example/file" })).said).toEqual(["part from 100, right"])
      const query = yield* ask({ url: "http://private.example/reboot?now=1" })
      expect(query.said).toEqual(["was not called: it is in the local network, and its URL has a query"])
      expect(query.requests).toEqual([])
      expect((yield* ask({ url: "http://both.example/file?x" })).requests.map(({ address }) => address)).toEqual([
        "8.8.8.8:80",
      ])
      for (const location of [
        "http://private.example/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]:1/",
      ]) {
        const lured = yield* ask({ site: redirecting({ "public.example/file": location }) })
        expect(lured.said).toEqual(["was not called: a redirect leads from the internet into the local network"])
        expect(lured.requests).toHaveLength(1)
      }
      const within = yield* ask({
        url: "http://private.example/file",
        site: redirecting({ "private.example/file": "http://127.0.0.1/end?query" }),
      })
      expect(within.said).toEqual(["was not called: it is in the local network, and its URL has a query"])
      // Once out there, there is no way back.
      const back = yield* ask({
        url: "http://private.example/file",
        site: redirecting({
          "private.example/file": "http://public.example/a",
          "public.example/a": "http://private.example/end",
        }),
      })
      expect(back.said).toEqual(["was not called: a redirect leads from the internet into the local network"])
      expect((yield* ask({ url: "http://private.example/file?x", mitigateSsrf: false })).said).toEqual([
        "part from 100, right",
      ])
    }),
  )

  it.effect("says why not in words", () =>
    Effect.gen(function* () {
      const said = (answer: MemoryWeb.Answer) => Effect.map(ask({ site: () => answer }), ({ said }) => said[0])
      expect(yield* said({ status: 404 })).toBe("answered with 404 Whatever")
      expect(yield* said({ status: 503, fields: { "retry-after": "90" } })).toBe(
        "answered with 503 Whatever, and wants to be asked again in 1m 30s",
      )
      expect(yield* said({ status: 416, fields: { "content-range": "bytes */7" } })).toBe(
        "has a file of 7 bytes where the torrent's has 50000",
      )
      expect(yield* said({ status: 200, body: new Uint8Array(3) })).toBe(
        "has a file of 3 bytes where the torrent's has 50000",
      )
      expect(
        yield* said({ status: 206, body: new Uint8Array(3), fields: { "content-range": "bytes 0-2/50000" } }),
      ).toBe("sent bytes 0-2 where bytes 100-20099 were asked for")
      expect(
        yield* said({ status: 206, body: new Uint8Array(3), fields: { "content-range": "bytes 100-20099/50000" } }),
      ).toBe("answered nonsense: 3 bytes, said to be bytes 100-20099")
      expect(yield* said({ status: 206, body: new Uint8Array(3) })).toBe(
        "sent a part that it does not name where bytes 100-20099 were asked for",
      )
      expect(yield* said({ raw: "HTTP/2 200\r\n\r\n" })).toBe("answered nonsense: not HTTP")
      expect(yield* said({ raw: "HTTP/1.1 404\r\n\r\n" })).toBe("answered with 404 Not Found")
      expect(yield* said({ raw: `HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}\r\n\r\n` })).toBe(
        "answered nonsense: a head of more than 32768 bytes",
      )
      expect(yield* said({ raw: "" })).toBe("it closed the connection before its answer was complete")
    }),
  )

  it.effect("sends the whole file, where it does not know parts", () =>
    Effect.gen(function* () {
      const { said } = yield* ask({ site: MemoryWeb.withoutRanges(file) })
      expect(said).toEqual(["whole from 0, right"])
    }),
  )

  it.effect("is not waited for longer than the deadline", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(ask({ site: () => ({ delay: "1 hour" }) }))
      yield* pass("14.9 seconds")
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* pass("0.2 seconds")
      expect((yield* Fiber.join(fiber)).said).toEqual(["no answer within 15s"])
    }),
  )
})
