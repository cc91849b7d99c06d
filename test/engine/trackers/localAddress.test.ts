import { expect, it } from "@effect/vitest"
import { NetAddress } from "effect/net"
import { isLocal } from "@unchoke/engine/internal"

const local = (address: string) => isLocal(NetAddress.ipFromStringUnsafe(address))

it.each([
  "127.0.0.1",
  "127.9.9.9",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "0.0.0.0",
  "0.1.2.3",
  "::",
  "::1",
  "fe80::1",
  "fec0::1",
  "fd00::1",
  "::ffff:127.0.0.1",
  "::ffff:192.168.1.1",
  "64:ff9b::10.0.0.1",
])("%s is local", (address) => {
  expect(local(address)).toBe(true)
})

it.each(["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2001:db8::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"])(
  "%s is not",
  (address) => {
    expect(local(address)).toBe(false)
  },
)
