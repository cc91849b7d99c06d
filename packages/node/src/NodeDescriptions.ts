/** Descriptions of torrents that were begun by a link, in files beside their records. */
import { Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { Descriptions } from "unchoke"
import { nameOf } from "./ResumeFile.ts"

/** It has a name that no torrent may give to a file, as the record has. */
const fileOf = (infoHash: Uint8Array, folder: string): string =>
  Path.join(folder, `${nameOf({ infoHash })}-description`)

const recall = async (infoHash: Uint8Array, folder: string): Promise<Uint8Array | undefined> => {
  const info = await Fs.readFile(fileOf(infoHash, folder))
  const hash = Crypto.createHash("sha1").update(info).digest()
  return hash.equals(infoHash) ? new Uint8Array(info) : undefined
}

const keep = async (infoHash: Uint8Array, folder: string, info: Uint8Array): Promise<void> => {
  const path = fileOf(infoHash, folder)
  const unfinished = `${path}.${randomUUID()}`
  try {
    await Fs.writeFile(unfinished, info, { flag: "wx" })
    await Fs.rename(unfinished, path)
  } catch (error) {
    await Fs.rm(unfinished, { force: true })
    throw error
  }
}

export const layer: Layer.Layer<never> = Layer.succeed(Descriptions)({
  recall: (infoHash, folder) =>
    Effect.orElseSucceed(
      Effect.tryPromise(() => recall(infoHash, folder)),
      () => undefined,
    ),
  forget: (infoHash, folder) =>
    Effect.ignore(Effect.tryPromise(() => Fs.rm(fileOf(infoHash, folder), { force: true }))),
  keep: (infoHash, folder, info) => Effect.ignore(Effect.tryPromise(() => keep(infoHash, folder, info))),
})
