/** Trackers and web servers over TLS: whose certificates are taken. Made by OpenSSL's command, where that is installed. */
import { assert, describe, it } from "@effect/vitest"
import { NodeTracker, NodeWebServer } from "@unchoke/node"
import { Bencode } from "@unchoke/protocol"
import { Effect, Result } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Tracker, webProblemInWords } from "@unchoke/engine"
import { WebServer } from "@unchoke/engine"
import { run } from "../cli/process.ts"
import { request } from "../engine/trackers/request.ts"

const openssl = spawnSync("openssl", ["version"]).status === 0
const answer = Bencode.encode({ interval: 60, peers: Uint8Array.of(127, 0, 0, 1, 0, 80) })

interface Signed {
  readonly key: string
  readonly cert: string
}

/** A certificate for a host by its alternative name, signed by an authority of our own or by itself. */
const makeAll = (folder: string) => {
  const at = (name: string) => join(folder, name)
  const call = (...args: ReadonlyArray<string>) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" })
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  call("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3", "-subj", "/CN=an authority")
  const signed = (name: string, host: string, days: string): Signed => {
    call("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`)
    writeFileSync(at(`${name}.ext`), `subjectAltName=${host}`)
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    call("x509", "-req", "-in", `${name}.csr`, ...by, "-days", days, "-extfile", `${name}.ext`, "-out", `${name}.pem`)
    return { key: at(`${name}.key`), cert: at(`${name}.pem`) }
  }
  const host = "subjectAltName=DNS:localhost"
  const self = { key: at("self.key"), cert: at("self.pem") }
  call("req", "-x509", ...key, "-keyout", self.key, "-out", self.cert, "-days", "3", "-subj", "/CN=x", "-addext", host)
  return {
    authority: at("ca.pem"),
    good: signed("good", "DNS:localhost", "3"),
    other: signed("other", "DNS:tracker.example", "3"),
    expired: signed("expired", "DNS:localhost", "-1"),
    self,
  }
}

const certificates = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-tls-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  ),
  makeAll,
)

/** The port of a server that shows this certificate, and answers this, whatever it is asked for. */
const serving = ({ cert, key }: Signed, said: string | Uint8Array) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const files = { cert: readFileSync(cert), key: readFileSync(key) }
        const server = createServer(files, (_, response) => response.end(said)).listen(0, "127.0.0.1", () =>
          resume(Effect.succeed(server)),
        )
      }),
      (server) => Effect.sync(() => server.close().closeAllConnections()),
    ),
    (server) => (server.address() as AddressInfo).port,
  )

const tracker = (signed: Signed) => Effect.map(serving(signed, answer), (port) => `https://localhost:${port}/announce`)

const announce = (url: string, options: NodeTracker.NodeTrackerOptions = {}) =>
  Tracker.use((tracker) => tracker.announce(url, request)).pipe(
    Effect.provide(NodeTracker.layerWith(options)),
    Effect.result,
    Effect.map((result) => (Result.isSuccess(result) ? result.success.peers.length : result.failure.message)),
  )

/** The same in a process of its own, whose surroundings say what it trusts. */
const announceWith = (urls: ReadonlyArray<string>, env: NodeJS.ProcessEnv) => {
  const program = `
    import { NodeTracker, NodeWebServer } from "@unchoke/node"
    import { Effect, Result } from "effect"
    import { Tracker, webProblemInWords } from "@unchoke/engine"
    import { WebServer } from "@unchoke/engine"
    import { request } from "./test/engine/trackers/request.ts"
    for (const url of ${JSON.stringify(urls)}) {
      const result = await Tracker.use((tracker) => tracker.announce(url, request)).pipe(
        Effect.provide(NodeTracker.layer), Effect.result, Effect.runPromise)
      console.log(Result.isSuccess(result) ? result.success.peers.length : result.failure.message)
    }`
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env
  return Effect.map(
    run(process.execPath, ["--conditions=source", "--input-type=module", "--eval", program], {
      cwd: join(import.meta.dirname, "../.."),
      env: { ...rest, ...env },
    }),
    ({ stderr, stdout }) => [...stdout.trim().split("\n"), stderr],
  )
}

describe.skipIf(!openssl)("a tracker's certificate", () => {
  it.live("that nobody vouches for is told as what it is", () =>
    Effect.gen(function* () {
      const made = yield* certificates
      const words = {
        good: "nobody known on this machine has signed it",
        self: "nobody but itself has signed it",
        expired: "it has expired",
      }
      for (const [kind, why] of Object.entries(words)) {
        const said = yield* announce(yield* tracker(made[kind as keyof typeof words]))
        assert.include(String(said), `its certificate is not trusted: ${why}`)
      }
    }),
  )

  it.live("is taken all the same by who says so", () =>
    Effect.gen(function* () {
      const made = yield* certificates
      for (const signed of [made.good, made.self, made.expired, made.other]) {
        assert.strictEqual(yield* announce(yield* tracker(signed), { insecure: true }), 1)
      }
    }),
  )

  it.live(
    "is taken when the system, or NODE_EXTRA_CA_CERTS, trusts who signed it, and only then for its own host and time",
    () =>
      Effect.gen(function* () {
        const made = yield* certificates
        for (const trust of [{ SSL_CERT_FILE: made.authority }, { NODE_EXTRA_CA_CERTS: made.authority }]) {
          const urls = yield* Effect.forEach([made.good, made.other, made.expired], tracker)
          const [good, other, expired] = yield* announceWith(urls, trust)
          assert.strictEqual(good, "1")
          assert.include(other, "it is another host's")
          assert.include(expired, "it has expired")
        }
      }),
  )
})

/** A megabyte and a bit, so that an answer is many records of TLS. */
const file = Uint8Array.from({ length: 1_300_000 }, (_, at) => (at * 7) % 251)

const webServer = (signed: Signed) => serving(signed, file)

const fetchWhole = (url: string, options: NodeWebServer.NodeWebServerOptions = {}) =>
  Effect.gen(function* () {
    const lane = yield* (yield* WebServer).lane
    const { part } = yield* lane.fetch({ url, first: 0, last: file.length - 1, length: file.length })
    const parts: Array<Uint8Array> = []
    for (let bytes = yield* part; bytes !== undefined; bytes = yield* part) {
      parts.push(bytes.slice())
      // Slower than it comes.
      yield* Effect.sleep("1 millis")
    }
    return Buffer.concat(parts).equals(file) ? "right" : "wrong"
  }).pipe(
    Effect.scoped,
    Effect.mapError(webProblemInWords),
    Effect.result,
    Effect.map(Result.merge),
    Effect.provide(NodeWebServer.layerWith(options)),
  )

describe.skipIf(!openssl)("a web server's certificate", () => {
  it.live("that nobody vouches for is told as what it is, and taken all the same by who says so", () =>
    Effect.gen(function* () {
      const made = yield* certificates
      const words = {
        good: "nobody known on this machine has signed it",
        self: "nobody but itself has signed it",
        expired: "it has expired",
      }
      for (const [kind, why] of Object.entries(words)) {
        const port = yield* webServer(made[kind as keyof typeof words])
        assert.strictEqual(yield* fetchWhole(`https://localhost:${port}/x`), `its certificate is not trusted: ${why}`)
        assert.strictEqual(yield* fetchWhole(`https://localhost:${port}/x`, { insecure: true }), "right")
      }
    }),
  )

  it.live("is taken when the system trusts who signed it, for its own host alone", () =>
    Effect.gen(function* () {
      const made = yield* certificates
      const [good, other] = yield* Effect.forEach([made.good, made.other], webServer)
      const program = `
        import { NodeWebServer } from "@unchoke/node"
        import { Effect, Result } from "effect"
        import { webProblemInWords } from "@unchoke/engine"
        import { WebServer } from "@unchoke/engine"
        for (const url of ["https://localhost:${good}/", "https://127.0.0.1:${good}/", "https://localhost:${other}/"]) {
          const got = Effect.gen(function* () {
            const lane = yield* (yield* WebServer).lane
            yield* lane.fetch({ url, first: 0, last: 9, length: ${file.length} })
            return "right"
          })
          console.log(await got.pipe(Effect.scoped, Effect.mapError(webProblemInWords), Effect.result,
            Effect.map(Result.merge), Effect.provide(NodeWebServer.layer), Effect.runPromise))
        }`
      const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env
      const { stderr, stdout } = yield* run(
        process.execPath,
        ["--conditions=source", "--input-type=module", "--eval", program],
        { cwd: join(import.meta.dirname, "../.."), env: { ...rest, SSL_CERT_FILE: made.authority } },
      )
      const elsewhere = "its certificate is not trusted: it is another host's"
      assert.deepStrictEqual([...stdout.trim().split("\n"), stderr], ["right", elsewhere, elsewhere, ""])
    }),
  )
})
