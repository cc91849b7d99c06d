/** Changes to a stream of messages that keep its lengths right, or make one of them wrong on purpose. */
import { edgeNumbers, type Material, mutateBytes } from "./mutateBytes.ts"

/** One to four changes to the frames; the bytes before `head` are left alone. */
export const mutateFrames = (bytes: Uint8Array, head: number, material: Material): Uint8Array => {
  const { maxLength, random } = material
  const frames = cut(bytes.subarray(head))
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) {
    const at = random.below(frames.length + 1)
    const frame = frames[at] ?? new Uint8Array(0)
    switch (random.below(7)) {
      case 0:
        frames.splice(at, 1)
        break
      case 1:
        frames.splice(at, 0, Uint8Array.of(random.pick(ids), ...numbers(material)))
        break
      case 2:
        frames.splice(at, 0, ...Array.from({ length: 1 + random.small(16) }, () => frame))
        break
      case 3:
        frames.splice(at, 1, Uint8Array.of(random.pick(ids), ...frame.subarray(1)))
        break
      case 4:
        frames.push(...frames.splice(at, 1))
        break
      default:
        frames.splice(at, 1, mutateBytes(frame, material))
    }
  }
  const wrong = random.oneIn(4) ? random.below(frames.length + 1) : -1
  const parts = frames.flatMap((frame, i) => [prefix(i === wrong ? random.pick(edgeNumbers) : frame.length), frame])
  return new Uint8Array(Buffer.concat([bytes.subarray(0, head), ...parts])).subarray(0, maxLength)
}

const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 20, 10, 21, 255]

const numbers = ({ random }: Material): ReadonlyArray<number> =>
  Array.from({ length: random.below(4) }, () => [...prefix(random.pick(edgeNumbers))]).flat()

const prefix = (length: number): Uint8Array => Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length)

const cut = (stream: Uint8Array): Array<Uint8Array> => {
  const frames: Array<Uint8Array> = []
  for (let at = 0; at < stream.length;) {
    const length = Buffer.from(stream.subarray(at, at + 4)).reduce((sum, byte) => sum * 256 + byte, 0)
    frames.push(stream.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return frames
}
