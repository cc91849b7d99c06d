/** A `.torrent` file at an address on the web: bounded in time and length, redirects followed, errors in words. */
import { Metainfo } from "@unchoke/protocol"
import { Bytes, Effect } from "effect"
import * as Units from "./render/units.ts"
import { inWords, UnreadableTorrent } from "./torrentFile.ts"

/** So long until it is there. */
const deadline = 60_000

export const torrentOnWeb = (url: string): Effect.Effect<Uint8Array, UnreadableTorrent> =>
  Effect.tryPromise({
    try: (signal) => fetched(url, AbortSignal.any([signal, AbortSignal.timeout(deadline)])),
    catch: (cause) => new UnreadableTorrent({ path: url, why: whyOf(cause) }),
  })

/** What a server has answered that is no torrent. */
class Refused extends Error {}

const fetched = async (url: string, signal: AbortSignal): Promise<Uint8Array> => {
  const response = await fetch(url, { signal, headers: { accept: "application/x-bittorrent, */*;q=0.5" } })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Refused(`the server said ${[response.status, response.statusText].join(" ").trim()}`)
  }
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > Metainfo.maxLength) {
      throw new Refused(`it is longer than ${Units.bytes(Metainfo.maxLength)}, so it is no torrent`)
    }
  }
  const bytes = Bytes.concat(chunks)
  if (looksLikeAPage(response, bytes))
    throw new Refused("it is a web page; copy the address of the .torrent file itself")
  return bytes
}

const looksLikeAPage = ({ headers }: Response, bytes: Uint8Array): boolean =>
  bytes[0] !== 0x64 && (headers.get("content-type")?.startsWith("text/html") ?? false)

const whyOf = (cause: unknown): string => {
  if (cause instanceof Refused) return cause.message
  if (cause instanceof DOMException && cause.name === "TimeoutError")
    return `it did not come within ${deadline / 1000} s`
  // What failed is the cause of what `fetch` throws.
  const deeper = cause instanceof Error ? cause.cause : undefined
  if (deeper instanceof Error && deeper.message === "redirect count exceeded") return "its redirects have no end"
  return inWords(deeper) ?? (deeper instanceof Error ? deeper.message : "the address makes no sense")
}
