/** What a user is known by at trackers and web servers is told nowhere: not in a span, a log, a metric, an event or an error, whatever goes wrong. */
import { assert, describe, it } from "@effect/vitest"
import { DatagramDialer, DownloadEvent, HttpWebServer, SurveyEvent, Torrent, Tracker } from "@unchoke/engine"
import { describeLink, download, downloadLink, survey } from "@unchoke/engine/internal"
import { Bencode, MagnetLink, UdpTracker } from "@unchoke/protocol"
import { Content, MemoryPieceStore, MemorySwarm, MemoryWeb, Script, settle, TestDigest, visit } from "@unchoke/testkit"
import { Cause, Effect, Fiber, Layer, Logger, Metric, Queue, References, Result, Schema, Stream, Tracer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { NetAddress } from "effect/net"
import { DatagramSocket } from "effect/socket"
import { inspect } from "node:util"
import { Recorder } from "./Recorder.ts"

const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const [trackerAt, webAt] = ["93.184.216.34", "93.184.216.35"]

/** As pass keys are; in a path of the web it must look like one. */
const Key = Schema.String.check(Schema.isPattern(/^[a-f]\d[\da-f]{18,38}$/))
/** As passwords and tokens are. */
const Token = Schema.String.check(Schema.isPattern(/^[A-Za-z]\d[\w~.+-]{8,38}$/))

const trackers = [
  "http://t.example/KEY/announce",
  "http://t.example/announce?passkey=TOKEN",
  "http://t.example:81/announce.php/TOKEN?a=1&pid=KEY",
  "https://t.example/TOKEN",
  "udp://t.example:1/announce?TOKEN",
  "udp://t.example:1/KEY",
  "http://TOKEN:KEY@t.example/announce",
  "ftp://t.example/KEY/announce",
] as const
const webSeeds = [
  "http://w.example/data/?token=TOKEN",
  "http://w.example/data/content.bin?token=TOKEN",
  "http://w.example/data/content.bin?token=KEY",
  "http://w.example/KEY/content.bin",
  "https://w.example/content.bin?a=1&key=KEY#TOKEN",
  "http://TOKEN:KEY@w.example/data/",
  "ftp://w.example/?TOKEN",
] as const

/** How whoever is called misbehaves; what it says it says with all that it was called by. */
const Manner = Schema.Literals([
  "refuses",
  "throws",
  "wraps",
  "is silent",
  "denies",
  "shouts",
  "redirects",
  "sends away",
  "nonsense",
  "another range",
  "corrupt",
  "good",
])
type Manner = typeof Manner.Type

interface World {
  readonly trackers: ReadonlyArray<string>
  readonly webSeeds: ReadonlyArray<string>
  readonly ofTracker: Manner
  readonly ofWeb: Manner
  readonly peers: ReadonlyArray<Script.Script>
  readonly secrets: ReadonlyArray<string>
}

/** What somebody knows who was called by this. */
const knownBy = ({ secrets }: World, text: string): ReadonlyArray<string> =>
  secrets.filter((secret) => text.includes(secret))

/** The answer of an HTTP server that repeats whatever it can. */
const answerOf = (manner: Manner, words: string, url: string): Response | "silence" | { readonly cause: unknown } => {
  const refusal = (text: string) => Bencode.encode({ "failure reason": text })
  const system = { refuses: "ECONNREFUSED", throws: "ERR_INVALID_URL" }
  switch (manner) {
    case "refuses":
    case "throws":
      return {
        cause: Object.assign(new Error("connect"), {
          code: system[manner],
          ...(manner === "throws" && { input: url }),
        }),
      }
    case "wraps":
      return { cause: new Error(`cannot get ${url}`) }
    case "is silent":
      return "silence"
    case "denies":
      return new Response(refusal(`the key ${words} has expired`).slice(), { status: 403 })
    case "shouts":
      return new Response(refusal(`WHO IS ${words.toUpperCase()}?`).slice())
    case "redirects":
      return new Response("", { status: 302, headers: { location: `${url}&again` } })
    case "sends away":
      return new Response("", { status: 302, headers: { location: `nowhere://${words}/` } })
    default:
      return new Response(`<html>${words}</html>`, { headers: { "content-type": "text/html", "x-key": words } })
  }
}

const httpOf = (world: World) =>
  HttpClient.make((request, url) => {
    const answer = answerOf(world.ofTracker, knownBy(world, String(url)).join(" "), String(url))
    if (answer === "silence") return Effect.never
    return answer instanceof Response
      ? Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      : Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: answer.cause }),
          }),
        )
  })

/** Says to each packet that it does not know the key. */
const datagramsOf = (world: World) =>
  Layer.succeed(DatagramDialer)({
    dial: Effect.fnUntraced(function* (address) {
      const received = yield* Queue.unbounded<DatagramSocket.Datagram, DatagramSocket.DatagramSocketError>()
      return DatagramSocket.make({
        reader: Effect.succeed({
          pull: Effect.map(Queue.take(received), (datagram) => [datagram] as const),
          address,
          dropped: () => 0,
          joinMulticast: () => Effect.never,
        }),
        writer: Effect.succeed({
          write: ({ payload }) => {
            const packet = Result.getOrThrow(UdpTracker.toRequest(payload as Uint8Array))
            const { transactionId } = packet
            const words = packet._tag === "Announce" ? knownBy(world, packet.path) : []
            const reply =
              packet._tag === "Connect"
                ? ({ _tag: "Connected", transactionId, connectionId: 1n } as const)
                : ({ _tag: "Failed", transactionId, reason: `unknown: ${words.join("/")}` } as const)
            return world.ofTracker === "is silent"
              ? Effect.void
              : Effect.asVoid(Queue.offer(received, { address, payload: UdpTracker.fromResponse(reply, "IPv4") }))
          },
          writeAll: () => Effect.never,
        }),
      })
    }),
  })

/** A web server that repeats whatever it can, also beside what it gives. */
const siteOf = (world: World): MemoryWeb.Site => {
  const { ofWeb } = world
  const good = MemoryWeb.files(content, "http://w.example/data/")
  return (requested) => {
    const words = knownBy(world, requested.target).join(" ")
    switch (ofWeb) {
      case "refuses":
        return { raw: "" }
      case "is silent":
        return { silentAfter: 0, body: Uint8Array.of(1) }
      case "denies":
        return { raw: `HTTP/1.1 403 Forbidden for ${words}\r\ncontent-length: 0\r\n\r\n` }
      case "shouts":
        return { raw: `HTTP/1.1 503 ${words.toUpperCase()}\r\ncontent-length: 0\r\n\r\n` }
      case "redirects":
        return { status: 302, fields: { location: `${requested.target}&again=${words}` } }
      case "sends away":
        return { status: 302, fields: { location: `nowhere://${words}/` } }
      case "throws":
      case "wraps":
      case "nonsense":
        return { raw: `${words}\r\n\r\n` }
      case "another range":
        return { status: 206, fields: { "content-range": `bytes ${words}` }, body: new Uint8Array(10) }
      default: {
        const answer = good({ ...requested, target: "/data/content.bin" })
        return ofWeb === "good" ? answer : { ...answer, body: answer.body?.map((byte) => byte ^ 1) ?? new Uint8Array() }
      }
    }
  }
}

const layerOf = (world: World) => {
  const peers = Object.fromEntries(world.peers.map((script, index) => [`127.0.0.${index + 1}:6881`, script]))
  const web = MemoryWeb.layer({
    site: siteOf(world),
    names: { "w.example": [webAt], "t.example": [trackerAt] },
    ...(world.ofWeb === "refuses" && { refuses: [`${webAt}:80`] }),
  })
  const http = Layer.succeed(HttpClient.HttpClient)(httpOf(world))
  const tracker = Tracker.layerWith({}).pipe(Layer.provide([datagramsOf(world), web, http]))
  const disk = Layer.merge(MemoryPieceStore.layer({}), TestDigest.layer)
  return {
    peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
    layer: Layer.mergeAll(
      tracker,
      http,
      disk,
      Layer.provideMerge(HttpWebServer.layer, web),
      MemorySwarm.layer({ content, peers }),
    ),
  }
}

type Services = Layer.Success<ReturnType<typeof layerOf>["layer"]>

const How = Schema.Literals(["swarm", "race", "survey", "link", "describe", "from the web"])
type How = typeof How.Type

type Run = (
  torrent: Torrent,
  link: MagnetLink.MagnetLink,
  peers: ReadonlyArray<NetAddress.InetAddress>,
) => Stream.Stream<unknown, unknown, Services>

const runs: Readonly<Record<How, Run>> = {
  swarm: (torrent, _, peers) => download(torrent, { folder: "there", peers }),
  race: (torrent, _, peers) => download(torrent, { folder: "there", peers, strategy: "race" }),
  survey: (torrent, _, peers) => survey(torrent, { peers }),
  link: (_, link, peers) => downloadLink(link, { folder: "there", peers }),
  describe: (_, link, peers) => describeLink(link, { peers }),
  "from the web": (_, link) => Stream.fromEffect(Torrent.fromUrl(link.webSeeds[0] ?? "")),
}

/** An error, or whatever else, in all the ways in which somebody may print it. */
const printed = (value: unknown): string =>
  [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    String(value),
    JSON.stringify(value, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  ].join("\n")

/** What a span's end tells of a success is for the program that runs it: no tracer writes it down. */
const failureOf = (status: Tracer.SpanStatus): unknown =>
  status._tag === "Ended" && status.exit._tag === "Failure" ? [status.exit.cause, Cause.pretty(status.exit.cause)] : []

const encoded = Schema.encodeUnknownResult(Schema.toCodecJson(Schema.Union([DownloadEvent, SurveyEvent])))

/** All that anybody is told of it. */
const told = Effect.fnUntraced(
  function* (world: World, how: How) {
    const recorder = new Recorder()
    const lines: Array<string> = []
    const logger = Logger.make(({ cause, fiber, message }) => {
      lines.push(printed([message, cause, fiber.getRef(References.CurrentLogAnnotations)]))
    })
    const text = MagnetLink.toString({
      ...MagnetLink.ofHash(content.torrent.infoHash),
      name: "content.bin",
      trackers: world.trackers.map((url) => [url]),
      webSeeds: world.webSeeds,
    })
    const link = Result.getOrThrow(MagnetLink.fromString(text))
    const torrent = yield* Torrent.fromDescription(link, content.torrent.info)
    const { layer, peers } = layerOf(world)
    const events: Array<unknown> = []
    const run = runs[how](torrent, link, peers).pipe(
      Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
      Effect.provide(layer),
      Effect.provideService(Tracer.Tracer, recorder.tracer),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.provideService(References.CurrentLoggers, new Set([logger])),
    )
    const fiber = yield* Effect.forkChild(Effect.exit(run))
    for (let minute = 0; minute < 10 && fiber.pollUnsafe() === undefined; minute++) {
      yield* visit([100, 1000, 5000, 16_000, 60_000])
    }
    const exit = fiber.pollUnsafe() === undefined ? undefined : yield* Fiber.join(fiber)
    yield* Fiber.interrupt(fiber)
    yield* settle
    const spans = recorder.spans.map(({ attributes, events, name, status }) =>
      printed([name, [...attributes], events, failureOf(status)]),
    )
    return [
      ...spans,
      ...lines,
      ...events.map((event) => printed([event, encoded(event)])),
      ...(exit?._tag === "Failure" ? [printed(exit.cause), Cause.pretty(exit.cause)] : []),
      printed(yield* Metric.snapshot),
    ].join("\n")
  },
  (run) => Effect.provideService(run, Metric.MetricRegistry, new Map()),
)

const scripts = {
  good: Script.goodNamed("Seeder 1.0"),
  refuses: Script.refuse,
  chokes: Script.neverUnchoke,
  describes: Script.describing({ answers: "true" }),
  corrupts: Script.corrupting(1),
}

describe("a secret in an address", () => {
  it.effect.prop(
    "is told nowhere, whatever fails",
    [
      Key,
      Token,
      Schema.Array(Schema.Literals(trackers)).check(Schema.isMaxLength(4)),
      Schema.Array(Schema.Literals(webSeeds)).check(Schema.isMaxLength(3)),
      Manner,
      Manner,
      Schema.Array(Schema.Literals(["good", "refuses", "chokes", "describes", "corrupts"])).check(
        Schema.isMaxLength(2),
      ),
      How,
    ],
    ([key, token, trackers, webSeeds, ofTracker, ofWeb, kinds, how]) =>
      Effect.gen(function* () {
        const filled = (url: string) => url.replaceAll("KEY", key).replaceAll("TOKEN", token)
        const world = {
          trackers: trackers.map(filled),
          webSeeds: webSeeds.map(filled),
          ofTracker,
          ofWeb,
          peers: kinds.map((kind) => scripts[kind]),
          secrets: [key, token],
        }
        const lines = (yield* told(world, how)).toLowerCase().split("\n")
        for (const secret of [key, token]) {
          assert.deepStrictEqual(
            lines.filter((line) => line.includes(secret.toLowerCase())),
            [],
          )
        }
      }).pipe(Effect.provide(TestDigest.layer)),
    { arbitrary: { runs: 50 } },
  )
})
