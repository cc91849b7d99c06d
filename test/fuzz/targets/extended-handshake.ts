/** The extended handshake (BEP 10): whatever a peer says of itself, what we believe is within bounds. */
import { Bencode, ExtendedHandshake } from "@unchoke/protocol"
import { NetAddress } from "effect/net"
import { check, checkSame, isCount } from "../oracles/check.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

export const extendedHandshake: Target = {
  name: "extended-handshake",
  shape: "bencode",
  maxLength: 4096,
  workPerByte: 80,
  samples: () =>
    [
      "de",
      "d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e1:pi6881e4:reqqi500e1:v5:abc 16:yourip4:\x7f\0\0\x01e",
      `d6:yourip16:${"\x20".repeat(16)}11:upload_onlyi1e1:v70:${"\xc3\xa9".repeat(35)}e`,
      "d1:md6:ut_pexi0e11:lt_donthavei256ee1:v4:a\0\x9b\ne",
    ].map(latin1),
  run: (bytes) => {
    const said = ExtendedHandshake.fromBytes(bytes)
    if (said === undefined) return
    const { client, extensions, metadataSize, port, requestQueue, yourAddress } = said
    for (const [name, id] of extensions) check(isCount(id, 255) && id > 0, "an impossible id", name, id)
    check(client === undefined || ([...client].length <= 64 && client !== ""), "too long a name", client)
    check(!/[\p{Cc}\p{Cf}]/u.test(client ?? ""), "control characters in a name", client)
    check(client?.isWellFormed() ?? true, "half a character", client)
    check(port === undefined || (isCount(port, 65_535) && port > 0), "an impossible port", port)
    check(metadataSize === undefined || (isCount(metadataSize) && metadataSize > 0), "an impossible size", metadataSize)
    check(
      requestQueue === undefined || (isCount(requestQueue, 65_535) && requestQueue > 0),
      "an impossible queue",
      requestQueue,
    )
    check(yourAddress === undefined || NetAddress.isIpAddress(yourAddress), "not an address", yourAddress)
    const greeting = Object.fromEntries(
      Object.entries({ ...said, extensions: Object.fromEntries(extensions) }).filter(
        ([, value]) => value !== undefined,
      ),
    )
    const printed = ExtendedHandshake.toBytes(greeting)
    checkSame(
      sortedExtensions(ExtendedHandshake.fromBytes(printed)),
      sortedExtensions(said),
      "a handshake does not survive its bytes",
    )
    checkSame(
      ExtendedHandshake.fromBytes(new Uint8Array([...printed, ...rawBehind])),
      ExtendedHandshake.fromBytes(printed),
      "bytes behind it matter",
    )
  },
}

const rawBehind = Bencode.encode("raw")

const sortedExtensions = (said: ExtendedHandshake.ExtendedHandshake | undefined) =>
  said && { ...said, extensions: [...said.extensions].toSorted() }
