/** Descriptions of torrents that were begun by a link, in files beside their records. */
import { MetadataMessage } from "@unchoke/protocol"
import { Effect, Layer } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { Descriptions } from "@unchoke/engine"
import { nameOf } from "./ResumeFile.ts"

/** It has a name that no torrent may give to a file, as the record has. */
const fileOf = (infoHash: Uint8Array, folder: string): string =>
  Path.join(folder, `${nameOf({ infoHash })}-description`)

/** Until all of it is written. Whoever writes it has the torrent's lock, so there is one. */
const unfinishedOf = (path: string): string => `${path}.new`

const recall = async (infoHash: Uint8Array, folder: string): Promise<Uint8Array | undefined> => {
  const path = fileOf(infoHash, folder)
  const found = await Fs.lstat(path)
  // A pipe in its place would be read for ever.
  if (!found.isFile() || found.size > MetadataMessage.longest) return undefined
  const info = await Fs.readFile(path)
  const hash = Crypto.createHash("sha1").update(info).digest()
  return hash.equals(infoHash) ? new Uint8Array(info) : undefined
}

const keep = async (infoHash: Uint8Array, folder: string, info: Uint8Array): Promise<void> => {
  const path = fileOf(infoHash, folder)
  const unfinished = unfinishedOf(path)
  try {
    await Fs.rm(unfinished, { force: true })
    await Fs.writeFile(unfinished, info, { flag: "wx" })
    await Fs.rename(unfinished, path)
  } catch (error) {
    await Fs.rm(unfinished, { force: true })
    throw error
  }
}

const forget = async (infoHash: Uint8Array, folder: string): Promise<void> => {
  const path = fileOf(infoHash, folder)
  await Fs.rm(path, { force: true })
  // Of a run that was killed while it wrote.
  await Fs.rm(unfinishedOf(path), { force: true })
}

export const layer: Layer.Layer<never> = Layer.succeed(Descriptions)({
  recall: (infoHash, folder) =>
    Effect.orElseSucceed(
      Effect.tryPromise(() => recall(infoHash, folder)),
      () => undefined,
    ),
  forget: (infoHash, folder) => Effect.ignore(Effect.tryPromise(() => forget(infoHash, folder))),
  keep: (infoHash, folder, info) => Effect.ignore(Effect.tryPromise(() => keep(infoHash, folder, info))),
})
