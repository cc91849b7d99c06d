/** The web seeds of a torrent, and where they have its files: at no other host than the torrent names, by names that stand in a request. */
import { AnnounceUrl, Metainfo, WebSeedUrl } from "@unchoke/protocol"
import { Result } from "effect"
import { check, checkSame } from "../oracles/check.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

export const webSeeds: Target = {
  name: "web-seeds",
  seedsOf: "metainfo",
  shape: "bencode",
  maxLength: 2048,
  workPerByte: 150,
  samples: () =>
    [
      ...lists.map((list) => `d4:infod6:lengthi99e4:name1:a12:piece lengthi99e6:pieces20:${hash}e8:url-list${list}e`),
      ...files.map(
        (file) =>
          `d4:infod5:filesl${file}e4:name3:\xff /12:piece lengthi16384e6:pieces20:${hash}e8:url-list10:http://a/xe`,
      ),
    ].map(latin1),
  run: (bytes) => {
    const loaded = Metainfo.fromBytes(bytes)
    if (Result.isFailure(loaded)) return
    const torrent = loaded.success
    const names = WebSeedUrl.namesOf(torrent)
    checkSame(names.length, torrent.files.length, "names for other files")
    for (const [nth, { path }] of torrent.files.slice(0, 20).entries()) {
      checkSame(names[nth]!.length, path.length, "names for another path")
      for (const webSeed of torrent.webSeeds.slice(0, 3)) {
        const base = Result.getOrThrow(AnnounceUrl.fromString(webSeed))
        const url = Result.getOrThrow(AnnounceUrl.fromString(WebSeedUrl.ofFile(webSeed, names[nth]!)))
        checkSame(AnnounceUrl.origin(url), AnnounceUrl.origin(base), "a file at another host")
        const target = AnnounceUrl.target(url)
        check(/^\/[!-~]*$/.test(target), "cannot stand in a request", target)
        check(target.startsWith(AnnounceUrl.target(base)), "a file that is not below its web seed", webSeed, target)
      }
    }
    for (const { url } of torrent.unusedWebSeeds) {
      const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(WebSeedUrl.shown(url))?.[1] ?? ""
      check(!authority.includes("@"), "a password is shown", url)
    }
  },
}

const hash = "h".repeat(20)

const lists = [
  "10:http://a/x",
  "l10:http://a/x11:https://b:1e",
  "l10:http://a/x10:http://a/xi7e0:d1:ai1eele6:ftp://10:udp://a:11e",
  "20:http://u:p@h/x?y=%zz",
  "24:http://a/get?path=/#frag/",
  "i5e",
  "le",
]

const files = [
  "d6:lengthi9e4:pathl1:\xe91:beed6:lengthi1e4:pathl3:a/be10:path.utf-8l1:cee",
  "d6:lengthi9e4:pathl0:1:.3:?#%eed4:attr1:p6:lengthi7e4:pathl1:zeed6:lengthi0e4:pathl1:xee",
]
