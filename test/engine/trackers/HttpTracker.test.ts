import { expect, it } from "@effect/vitest"
import { AnnounceRequest, Bencode } from "@unchoke/protocol"
import { Duration, Effect, Exit, Fiber, Layer } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { NetAddress } from "effect/net"
import { DatagramDialer, Tracker, type TrackerOptions } from "unchoke"
import { pass } from "../clock.ts"
import { request } from "./request.ts"
import { resolving } from "./resolver.ts"

/** What a server does with an URL. */
type Server = (url: URL) => Response | "refuse" | "silence"

const ok = (body: ConstructorParameters<typeof Response>[0], init: ResponseInit = {}): Response =>
  new Response(body, init)
const answer = Bencode.encode({ interval: 60, peers: Uint8Array.of(10, 0, 0, 1, 0, 80) })
const redirect = (location: string, status = 302): Response => new Response("", { status, headers: { location } })

const names = {
  "tracker.example": ["93.184.216.34"],
  "double.example": ["93.184.216.35", "2001:db8::1"],
  "inside.example": ["192.168.1.1"],
  "other.example": ["93.184.216.36"],
}

/** Announces to an URL of a world that is this server; also tells what it was asked, in order. */
const announce = (url: string, server: Server, options: TrackerOptions = {}) => {
  const asked: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request, url) => {
    asked.push(request)
    const response = server(url)
    if (response === "silence") return Effect.never
    return response === "refuse"
      ? Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: "ECONNREFUSED" }),
          }),
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  const layer = Tracker.layerWith(options).pipe(
    Layer.provide([Layer.succeed(HttpClient.HttpClient)(client), Layer.mock(DatagramDialer, {}), resolving(names)]),
  )
  const result = Tracker.use((tracker) => tracker.announce(url, request)).pipe(Effect.provide(layer))
  return { asked, result }
}

const problem = (url: string, server: Server, options?: TrackerOptions) =>
  Effect.map(Effect.flip(announce(url, server, options).result), ({ reason }) => reason)

it.effect("asks the checked address under the host's name, and reads the answer", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("http://tracker.example:8080/announce?pass=1", () => ok(answer))
    const reply = yield* result
    expect(reply.peers.map(NetAddress.formatInet)).toEqual(["10.0.0.1:80"])
    expect(reply.interval).toEqual(Duration.seconds(60))
    expect(asked).toHaveLength(1)
    expect(asked[0]!.url).toBe(`http://93.184.216.34:8080/announce?pass=1&${AnnounceRequest.toQuery(request)}`)
    expect(asked[0]!.headers).toMatchObject({ host: "tracker.example:8080", "user-agent": "unchoke/0.1.0" })
  }),
)

it.effect("tells a stranger nothing of the program's traces", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("http://tracker.example/announce", () => ok(answer))
    yield* Effect.withSpan(result, "embedding program")
    expect(Object.keys(asked[0]!.headers).toSorted()).toEqual(["accept-encoding", "host", "user-agent"])
  }),
)

it.effect("over TLS the name is called, since its certificate tells who it is", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("https://tracker.example/announce", () => ok(answer))
    yield* result
    expect(asked[0]!.url).toMatch(/^https:\/\/tracker\.example\/announce\?/)
  }),
)

it.effect("a refusal is told in the tracker's words, whatever the status", () =>
  Effect.gen(function* () {
    const refusal = Bencode.encode({ "failure reason": "not registered" })
    for (const status of [200, 403, 500]) {
      expect(yield* problem("http://tracker.example/announce", () => ok(refusal, { status }))).toEqual({
        _tag: "Refused",
        reason: "not registered",
      })
    }
  }),
)

const failures: ReadonlyArray<readonly [name: string, server: Server, problem: unknown]> = [
  ["an error status", () => ok("gone", { status: 410 }), { _tag: "HttpStatus", status: 410 }],
  ["a redirect to nowhere", () => new Response("", { status: 302 }), { _tag: "HttpStatus", status: 302 }],
  ["a web page", () => ok("<html>"), { _tag: "BadAnswer", why: "not valid bencode: not a value at byte 0" }],
  [
    "a redirect to UDP",
    () => redirect("udp://other.example:1"),
    { _tag: "BadAnswer", why: "a redirect from HTTP to UDP" },
  ],
  [
    "a redirect to something else",
    () => redirect("file:///etc/passwd"),
    { _tag: "BadAnswer", why: "a redirect that leads nowhere: file is not supported" },
  ],
  ["nobody", () => "refuse", { _tag: "Unreachable", cause: "ECONNREFUSED" }],
]

it.effect.each(failures)("%s", ([, server, expected]) =>
  Effect.gen(function* () {
    expect(yield* problem("http://tracker.example/announce", server)).toEqual(expected)
  }),
)

it.effect("an unknown name, and URLs that cannot be called", () =>
  Effect.gen(function* () {
    const never = () => ok("not asked")
    expect(yield* problem("http://nowhere.example/announce", never)).toEqual({
      _tag: "UnknownHost",
      host: "nowhere.example",
    })
    expect(yield* problem("wss://tracker.example", never)).toEqual({ _tag: "BadUrl", why: "wss is not supported" })
  }),
)

it.effect("an answer is read only to its limit, and not to its end", () =>
  Effect.gen(function* () {
    let sent = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    expect(yield* problem("http://tracker.example/announce", () => ok(endless))).toEqual({
      _tag: "AnswerTooLong",
      limit: 2 * 1024 * 1024,
    })
    expect(sent).toBeLessThan(4 * 1024 * 1024)
  }),
)

it.effect("five redirects are followed, and no sixth", () =>
  Effect.gen(function* () {
    const chain = (length: number) => (url: URL) => {
      const step = Number(url.pathname.slice(1)) || 0
      return step < length ? redirect(`/${step + 1}`) : ok(answer)
    }
    const { asked, result } = announce("http://tracker.example/0", chain(5))
    yield* result
    expect(asked.map(({ url }) => new URL(url).pathname)).toEqual(["/0", "/1", "/2", "/3", "/4", "/5"])
    expect(yield* problem("http://tracker.example/0", chain(6))).toEqual({ _tag: "TooManyRedirects", limit: 5 })
    expect(yield* problem("http://tracker.example/0", () => redirect("/0"))).toEqual({
      _tag: "TooManyRedirects",
      limit: 5,
    })
  }),
)

it.effect("a silent tracker is given up after 15 s", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(problem("http://tracker.example/announce", () => "silence")))
    yield* pass(14.9)
    expect(fiber.pollUnsafe()).toBeUndefined()
    yield* pass(0.2)
    expect(yield* Fiber.join(fiber)).toEqual(Exit.succeed({ _tag: "TimedOut", waited: Duration.seconds(15) }))
  }),
)

it.effect("where the first address refuses or is silent, the other one is tried", () =>
  Effect.gen(function* () {
    for (const first of ["refuse", "silence"] as const) {
      const { asked, result } = announce("http://double.example/announce", (url) =>
        url.hostname === "93.184.216.35" ? first : ok(answer),
      )
      const fiber = yield* Effect.forkChild(result)
      yield* pass(first === "refuse" ? 0 : 5)
      expect((yield* Fiber.join(fiber)).peers).toHaveLength(1)
      expect(asked.map(({ url }) => new URL(url).hostname)).toEqual(["93.184.216.35", "[2001:db8::1]"])
    }
  }),
)

const inside = "it is in the local network, and its path is not /announce"
const wayIn = "a redirect leads from the internet into the local network"

it.effect.each([
  ["http://127.0.0.1:8080/admin?delete=1", inside],
  ["http://[::1]/", inside],
  ["http://[::ffff:10.0.0.1]/announce.php", inside],
  ["http://inside.example/announce/../admin", inside],
  ["https://inside.example/admin", inside],
] as const)("%s is not called", ([url, why]) =>
  Effect.gen(function* () {
    const { asked, result } = announce(url, () => ok(answer))
    expect((yield* Effect.flip(result)).reason).toEqual({ _tag: "Forbidden", why })
    expect(asked).toEqual([])
  }),
)

it.effect("a tracker in the local network is called by /announce, with any query", () =>
  Effect.gen(function* () {
    for (const url of ["http://127.0.0.1:6969/announce", "http://inside.example/announce?key=1"]) {
      expect((yield* announce(url, () => ok(answer)).result).peers).toHaveLength(1)
    }
  }),
)

it.effect("no redirect leads from the internet into the local network, by whatever name", () =>
  Effect.gen(function* () {
    for (const location of ["http://127.0.0.1/announce", "http://inside.example/announce", "//192.168.0.1/announce"]) {
      const { asked, result } = announce("http://tracker.example/announce", () => redirect(location))
      expect((yield* Effect.flip(result)).reason).toEqual({ _tag: "Forbidden", why: wayIn })
      expect(asked).toHaveLength(1)
    }
    const { asked, result } = announce("http://inside.example/announce", (url) =>
      url.pathname === "/announce" ? redirect("/admin") : ok(answer),
    )
    expect((yield* Effect.flip(result)).reason).toEqual({ _tag: "Forbidden", why: inside })
    expect(asked).toHaveLength(1)
  }),
)

it.effect("the protection can be switched off: then names are left to the client", () =>
  Effect.gen(function* () {
    const { asked, result } = announce(
      "http://inside.example/any",
      (url) => (url.pathname === "/any" ? redirect("http://127.0.0.1/other") : ok(answer)),
      { mitigateSsrf: false },
    )
    yield* result
    expect(asked.map(({ url }) => url.split("?")[0])).toEqual(["http://inside.example/any", "http://127.0.0.1/other"])
  }),
)
