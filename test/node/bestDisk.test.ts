/** Work that is handed over from one disk to another: in order, and never on both at once. */
import { assert, it } from "@effect/vitest"
import { handingOver } from "../../packages/node/src/bestDisk.ts"
import type { Reply, Request } from "../../packages/node/src/Disk.ts"

const request: Request = { kind: "make", files: [] }

it("the second disk gets nothing before it is ready and the first has done all", async () => {
  const events: Array<string> = []
  const replies: Array<() => void> = []
  let ready = false
  let last: Promise<unknown> = Promise.resolve()
  const disk = handingOver(
    {
      submit: (_, done: (reply: Reply) => void) => {
        events.push("first")
        last = new Promise<void>((resolve) => replies.push(resolve)).then(() => done([true]))
      },
      release: () => last,
    },
    {
      ready: () => ready,
      submit: (_, done) => {
        events.push("second")
        done([true])
      },
    },
  )
  const ask = () => disk.submit(request, () => events.push("done"))
  ask()
  ready = true
  ask()
  ask()
  await new Promise(setImmediate)
  assert.deepStrictEqual(events, ["first"])
  replies[0]!()
  await new Promise(setImmediate)
  assert.deepStrictEqual(events, ["first", "done", "second", "done", "second", "done"])
})

it("what may take long waits for the second disk, and all that comes behind it too", async () => {
  const events: Array<string> = []
  const disk = handingOver(
    {
      submit: ({ kind }, done: (reply: Reply) => void) => {
        events.push(`first ${kind}`)
        done([true])
      },
      release: () => Promise.resolve(),
    },
    // One that has not started yet, and keeps what it is handed.
    { ready: () => false, submit: ({ kind }) => void events.push(`second ${kind}`) },
  )
  const ask = (request: Request) => disk.submit(request, () => {})
  ask(request)
  ask({ kind: "write", jobs: new Float64Array(0), verified: [] })
  ask(request)
  await new Promise(setImmediate)
  assert.deepStrictEqual(events, ["first make", "second write", "second make"])
})
