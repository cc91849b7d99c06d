/** Who is on the other side, as far as its peer id tells (BEP 20). */

/** A client's name and version as its peer id gives them, such as "Transmission 3.00"; `undefined` where it follows no known convention. */
export const clientOf = (peerId: Uint8Array): string | undefined =>
  azureus(peerId) ?? mainline(peerId) ?? shadow(peerId)

/**
 * A fresh peer id of ours: `-UN`, four digits of version, `-`, and twelve random characters (`random`: at least 12 bytes). A constant one would be refused as
 * a duplicate after an unclean exit.
 */
export const make = (version: string, random: Uint8Array): Uint8Array => {
  const digits = version
    .split(".")
    .map((part) => part.slice(0, 1))
    .join("")
    .padEnd(4, "0")
    .slice(0, 4)
  const id = Uint8Array.from(`-UN${digits}-`, (letter) => letter.charCodeAt(0))
  return Uint8Array.from({ length: 20 }, (_, i) =>
    i < id.length ? id[i]! : alphabet.charCodeAt(random[i - id.length]! % alphabet.length),
  )
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** `-XXvvvv-`: two letters and four characters of version. */
const azureus = (id: Uint8Array): string | undefined => {
  const text = ascii(id.subarray(0, 8))
  const match = /^-([A-Za-z0-9~]{2})([A-Za-z0-9]{4})[-+A-Za-z0-9]$/.exec(text)
  if (match === null) return undefined
  const [, code, version] = match as unknown as [string, string, string]
  return `${azureusClients[code] ?? code} ${versionOf(code, version)}`
}

/** `M7-10-5--`, `A2-1-36-0-`: a name and numbers between dashes. */
const mainline = (id: Uint8Array): string | undefined => {
  const match = /^(M|Q|A2-)(\d{1,2})-(\d{1,2})-(\d{1,2})-/.exec(ascii(id.subarray(0, 12)))
  return match === null ? undefined : `${mainlineClients[match[1]!]} ${match[2]}.${match[3]}.${match[4]}`
}

/** `S58B-----`: a letter, then up to five digits in base 64, then dashes. */
const shadow = (id: Uint8Array): string | undefined => {
  const match = /^([AORSTU])([0-9A-Za-z.]{1,5})-{3}/.exec(ascii(id.subarray(0, 9)))
  const name = match === null ? undefined : shadowClients[match[1]!]
  return name === undefined ? undefined : `${name} ${[...match![2]!].map((digit) => base64.indexOf(digit)).join(".")}`
}

/** The digits of Shadow's versions (BEP 20); the last one, `-`, ends them. */
const base64 = `${alphabet}.`

const ascii = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "\0")).join("")

const versionOf = (code: string, version: string): string => {
  if (code === "TR") return transmissionVersion(version)
  if ((code === "WW" || code === "WD") && /^\d{4}$/.test(version)) {
    return `${Number(version.slice(0, 2))}.${Number(version.slice(2))}`
  }
  const digits = [...version].map((digit) => String(parseInt(digit, 36)))
  return digits.at(-1) === "0" ? digits.slice(0, -1).join(".") : digits.join(".")
}

/** Transmission: `3000` and `300Z` are 3.00 (Z and X: development), `4050` is 4.0.5 since version 4. */
const transmissionVersion = (version: string): string =>
  Number(version[0]) >= 4
    ? `${version[0]}.${version[1]}.${version[2]}`
    : version.startsWith("0")
      ? `0.${version.slice(1, 3)}`
      : `${version[0]}.${version.slice(1, 3)}`

const azureusClients: Readonly<Record<string, string | undefined>> = {
  "7T": "aTorrent",
  A2: "aria2",
  AG: "Ares",
  AT: "Artemis",
  AZ: "Vuze",
  BC: "BitComet",
  BI: "BiglyBT",
  BL: "BitLord",
  BT: "BitTorrent",
  BW: "BitWombat",
  CD: "ctorrent",
  CT: "CTorrent",
  DE: "Deluge",
  FD: "Free Download Manager",
  FL: "Folx",
  GT: "anacrolix/torrent",
  HL: "Halite",
  KG: "KGet",
  KT: "KTorrent",
  LT: "libtorrent",
  lt: "rTorrent",
  LW: "LimeWire",
  PI: "PicoTorrent",
  qB: "qBittorrent",
  QD: "QQDownload",
  rQ: "rqbit",
  RN: "rain",
  SD: "Thunder",
  SZ: "Shareaza",
  TB: "Torch",
  TL: "Tribler",
  TR: "Transmission",
  TX: "Tixati",
  UE: "µTorrent Embedded",
  UM: "µTorrent Mac",
  UN: "unchoke",
  UT: "µTorrent",
  UW: "µTorrent Web",
  WD: "WebTorrent Desktop",
  WT: "BitLet",
  WW: "WebTorrent",
  XL: "Xunlei",
  ZO: "Zona",
}

const mainlineClients: Readonly<Record<string, string | undefined>> = {
  "A2-": "aria2",
  M: "BitTorrent",
  Q: "Queen Bee",
}

const shadowClients: Readonly<Record<string, string | undefined>> = {
  A: "ABC",
  O: "Osprey Permaseed",
  R: "Tribler",
  S: "Shadow",
  T: "BitTornado",
  U: "UPnP NAT",
}
