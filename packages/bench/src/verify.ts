/** Whether a download is there, byte for byte. Not part of any time that is measured. */
import { Effect } from "effect"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { matches } from "./Content.ts"
import { filePath, MiB, type Shape } from "./Shape.ts"

/** Every file of the shape below `root`: of its length, and with the content's bytes. A file that is not there is as wrong as any other. */
export const verify = (root: string, shape: Shape) =>
  Effect.promise(async () => {
    for (let index = 0; index < shape.files.count; index++) {
      const path = join(root, ...filePath(shape, index))
      if (!(await isRight(path, index * shape.files.length, shape.files.length).catch(() => false))) return false
    }
    return true
  })

const isRight = async (path: string, offset: number, length: number) => {
  await using file = await open(path)
  if ((await file.stat()).size !== length) return false
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0 || !matches(buffer.subarray(0, bytesRead), offset + at)) return false
    at += bytesRead
  }
  return true
}

const buffer = new Uint8Array(4 * MiB)
