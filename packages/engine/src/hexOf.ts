/**
 * Bytes in hex digits, as one string. `Hex.encode` puts it together piece by piece, and V8 keeps the pieces until somebody reads it: of an info hash that is only there in case somebody logs, forty strings.
 */
export const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => digits[byte]).join("")

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))
