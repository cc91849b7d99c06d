import { pass, visit } from "@unchoke/testkit"
import { expect, it } from "@effect/vitest"
import { AnnounceRequest, Bencode } from "@unchoke/protocol"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Result } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { NetAddress } from "effect/net"
import { DatagramDialer, Tracker, type TrackerOptions } from "@unchoke/engine"
import { request } from "./request.ts"
import { resolving } from "./resolver.ts"

const codes = { refuse: "ECONNREFUSED", "no route": "ENETUNREACH" }

/** What a server does with an URL. */
type Server = (url: URL) => Response | "refuse" | "no route" | "silence"

const ok = (body: ConstructorParameters<typeof Response>[0], init: ResponseInit = {}): Response =>
  new Response(body, init)
const answer = Bencode.encode({ interval: 60, peers: Uint8Array.of(93, 184, 216, 40, 0, 80) })
const redirect = (location: string, status = 302): Response => new Response("", { status, headers: { location } })

const names = {
  "tracker.example": ["93.184.216.34"],
  "double.example": ["93.184.216.35", "2001:db8::1"],
  "inside.example": ["192.168.1.1"],
  "other.example": ["93.184.216.36"],
  "half.example": ["192.168.1.1", "93.184.216.37"],
  "many.example": ["93.184.216.1", "93.184.216.2", "2001:db8::1", "2001:db8::2"],
  "hundred.example": Array.from({ length: 100 }, (_, i) => `93.184.217.${i}`),
}

/** Announces to an URL of a world that is this server; also tells what it was asked, in order. */
const announce = (url: string, server: Server, options: TrackerOptions = {}) => {
  const asked: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request, url) => {
    asked.push(request)
    const response = server(url)
    if (response === "silence") return Effect.never
    return typeof response === "string"
      ? Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: { code: codes[response] } }),
          }),
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  const layer = Tracker.layerWith(options).pipe(
    Layer.provide([Layer.succeed(HttpClient.HttpClient)(client), Layer.mock(DatagramDialer, {}), resolving(names)]),
  )
  const result = Tracker.use((tracker) => tracker.announce(url, request)).pipe(Effect.provide(layer))
  return { asked, layer, result }
}

const problem = (url: string, server: Server, options?: TrackerOptions) =>
  Effect.map(Effect.flip(announce(url, server, options).result), ({ reason }) => reason)

it.effect("asks the checked address under the host's name, and reads the answer", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("http://tracker.example:8080/announce?pass=1", () => ok(answer))
    const reply = yield* result
    expect(reply.peers.map(NetAddress.formatInet)).toEqual(["93.184.216.40:80"])
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

it.effect("over TLS the checked address is called too; the name, which its certificate is to bear, is its host", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("https://tracker.example/announce", () => ok(answer))
    yield* result
    expect(asked[0]!.url).toMatch(/^https:\/\/93\.184\.216\.34:443\/announce\?/)
    expect(asked[0]!.headers["host"]).toBe("tracker.example")
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
  ["nobody", () => "refuse", { _tag: "Unreachable", reason: "refused", cause: expect.anything() }],
]

it.effect.each(failures)("%s", ([, server, expected]) =>
  Effect.gen(function* () {
    expect(yield* problem("http://tracker.example/announce", server)).toEqual(expected)
  }),
)

it.effect("a client that throws is a tracker that cannot be reached", () =>
  Effect.gen(function* () {
    const thrown = new Error("Invalid character in header content")
    const throwing = () => {
      throw thrown
    }
    expect(yield* problem("http://tracker.example/announce", throwing)).toEqual({
      _tag: "Unreachable",
      reason: "other",
      cause: thrown,
    })
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
    yield* pass("14.9 seconds")
    expect(fiber.pollUnsafe()).toBeUndefined()
    yield* pass("0.2 seconds")
    expect(yield* Fiber.join(fiber)).toEqual(Exit.succeed({ _tag: "TimedOut", waited: Duration.seconds(15) }))
  }),
)

/** Who was called, and when in milliseconds. */
const calling = (url: string, server: Server, options?: TrackerOptions) =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const clock = yield* Clock.Clock
    const calls: Array<readonly [host: string, at: number]> = []
    const { result } = announce(
      url,
      (url) => {
        calls.push([url.hostname, clock.currentTimeMillisUnsafe() - began])
        return server(url)
      },
      options,
    )
    const fiber = yield* Effect.forkChild(Effect.result(result))
    yield* visit([499, 500, 999, 1000, 1499, 1500, 2000, 15_000])
    const outcome = yield* Fiber.join(fiber)
    return {
      calls,
      peers: Result.isSuccess(outcome) ? outcome.success.peers.length : undefined,
      problem: Result.isFailure(outcome) ? outcome.failure.reason : undefined,
    }
  })

const [first, second, third, fourth] = ["93.184.216.1", "[2001:db8::1]", "93.184.216.2", "[2001:db8::2]"] as const

it.effect("a host's addresses: one that is silent has half a second before the next, one that refuses none", () =>
  Effect.gen(function* () {
    const silent = yield* calling("http://many.example/announce", ({ hostname }) =>
      hostname === fourth ? ok(answer) : "silence",
    )
    expect(silent.calls).toEqual([
      [first, 0],
      [second, 500],
      [third, 1000],
      [fourth, 1500],
    ])
    expect(silent.peers).toBe(1)

    const mixed = yield* calling("http://many.example/announce", ({ hostname }) =>
      hostname === first ? "silence" : hostname === third ? ok(answer) : "refuse",
    )
    expect(mixed.calls).toEqual([
      [first, 0],
      [second, 500],
      [third, 500],
    ])
    expect(mixed.peers).toBe(1)
  }),
)

it.effect("an address that answers with an error has answered; where none does, the most telling reason is told", () =>
  Effect.gen(function* () {
    const refused = yield* calling("http://many.example/announce", () => ok("gone", { status: 410 }))
    expect(refused.calls).toEqual([[first, 0]])

    const dead = yield* calling("http://many.example/announce", ({ hostname }) =>
      hostname === third ? "refuse" : hostname === first ? "no route" : "silence",
    )
    expect(dead.calls).toHaveLength(4)
    expect(dead.problem).toMatchObject({ _tag: "TimedOut" })

    const unreached = yield* Effect.flip(
      announce("http://double.example/announce", ({ hostname }) => (hostname[0] === "[" ? "no route" : "refuse"))
        .result,
    )
    expect(unreached.reason).toMatchObject({ _tag: "Unreachable", reason: "refused" })
  }),
)

it.effect("an address that has answered is called first the next time", () =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const { layer } = announce("", ({ hostname }) => {
      asked.push(hostname)
      return hostname === third ? ok(answer) : "refuse"
    })
    yield* Effect.repeat(
      Tracker.use((tracker) => tracker.announce("http://many.example/announce", request)),
      { times: 1 },
    ).pipe(Effect.provide(layer))
    expect(asked).toEqual([first, second, third, third])
  }),
)

it.effect("no more than sixteen addresses of one host are called", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("http://hundred.example/announce", () => "refuse")
    yield* Effect.flip(result)
    expect(asked).toHaveLength(16)
  }),
)

const inside = "it is in the local network, and its path is not one of /announce"
const wayIn = "a redirect leads from the internet into the local network"

it.effect.each([
  ["http://127.0.0.1:8080/admin?delete=1", inside],
  ["http://[::1]/", inside],
  ["http://[::ffff:10.0.0.1]/announc", inside],
  ["http://inside.example/announce/../admin", inside],
  ["http://inside.example/announce/x/%2E./../admin", inside],
  ["http://inside.example/announce/.%2e", inside],
  ["https://inside.example/admin", inside],
] as const)("%s is not called", ([url, why]) =>
  Effect.gen(function* () {
    const { asked, result } = announce(url, () => ok(answer))
    expect((yield* Effect.flip(result)).reason).toEqual({ _tag: "Forbidden", why })
    expect(asked).toEqual([])
  }),
)

it.effect("a tracker in the local network is called by what begins with /announce, with any query", () =>
  Effect.gen(function* () {
    for (const url of [
      "http://127.0.0.1:6969/announce",
      "http://inside.example/announce?key=1",
      "http://inside.example/announce/PASSKEY",
      "http://192.168.1.1/announce.php?passkey=1",
    ]) {
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

it.effect("a host with addresses inside and outside is called on those that are allowed", () =>
  Effect.gen(function* () {
    const { asked, result } = announce("http://half.example/scrape", () => ok(answer))
    yield* result
    expect(asked.map(({ url }) => new URL(url).hostname)).toEqual(["93.184.216.37"])
  }),
)

it.effect("the protection can be switched off", () =>
  Effect.gen(function* () {
    const { asked, result } = announce(
      "http://inside.example/any",
      (url) => (url.pathname === "/any" ? redirect("http://127.0.0.1/other") : ok(answer)),
      { mitigateSsrf: false },
    )
    yield* result
    expect(asked.map(({ url }) => url.split("?")[0])).toEqual([
      "http://192.168.1.1:80/any",
      "http://127.0.0.1:80/other",
    ])
  }),
)

/** Everything that a tracker on the internet has no business to send us to, and one peer that it has. */
const inward = [
  "127.0.0.1",
  "10.0.0.1",
  "192.168.1.9",
  "172.16.0.1",
  "169.254.1.1",
  "100.64.0.1",
  "224.0.0.1",
  "::1",
  "fe80::1",
  "fd00::1",
  "ff02::1",
]
const inwardAnswer = Bencode.encode({
  interval: 60,
  peers: [...inward, "93.184.216.40"].map((ip) => ({ ip, port: 80 })),
})

it.effect("a tracker on the internet names no peers in the local network; one that is there itself may", () =>
  Effect.gen(function* () {
    const named = (url: string, options?: TrackerOptions) =>
      Effect.map(announce(url, () => ok(inwardAnswer), options).result, ({ peers, withheld }) => ({
        peers: peers.map(NetAddress.formatInet),
        withheld,
      }))
    const outside = yield* named("http://tracker.example/announce")
    expect(outside).toEqual({ peers: ["93.184.216.40:80"], withheld: 9 })
    expect((yield* named("http://inside.example/announce")).peers).toHaveLength(10)
    expect((yield* named("http://tracker.example/announce", { mitigateSsrf: false })).peers).toHaveLength(10)
  }),
)

/** A body that says so much and then goes on as it is told. */
const saying = (bytes: Uint8Array, then: "broken" | "open" | "ended") =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes)
      if (then === "ended") controller.close()
    },
    pull: (controller) => {
      if (then === "broken") controller.error(Object.assign(new Error("aborted"), { code: "ECONNRESET" }))
    },
  })

const refusal = Bencode.encode({ "failure reason": "not registered" })

it.effect("an answer that is whole counts, though its end never came", () =>
  Effect.gen(function* () {
    for (const then of ["broken", "open"] as const) {
      const whole = yield* calling("http://tracker.example/announce", () => ok(saying(answer, then)))
      expect(whole.peers).toBe(1)
      const refused = yield* calling("http://tracker.example/announce", () => ok(saying(refusal, then)))
      expect(refused.problem).toMatchObject({ _tag: "Refused" })
    }
  }),
)

it.effect("one that is not whole is told as what it is: broken off, or never ended", () =>
  Effect.gen(function* () {
    const half = answer.slice(0, -1)
    const broken = yield* calling("http://tracker.example/announce", () => ok(saying(half, "broken")))
    expect(broken.problem).toMatchObject({ _tag: "Unreachable", reason: "cut off" })
    const open = yield* calling("http://tracker.example/announce", () => ok(saying(half, "open")))
    expect(open.problem).toMatchObject({ _tag: "TimedOut" })
  }),
)
