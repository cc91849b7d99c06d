/** Memory in which blocks are enciphered before they are sent, used again by whoever comes next: fresh memory of this size costs a tenth of the enciphering. */

/** A turn of 64 blocks with their heads. */
const size = 1_052_672

/** So many are kept. */
const most = 4

const free: Array<Uint8Array> = []

/** At least so many bytes. */
const take = (length: number): Uint8Array =>
  length > size ? new Uint8Array(length) : (free.pop() ?? new Uint8Array(size))

/** Nobody reads or writes it any more. */
const giveBack = (sheet: Uint8Array): void => {
  if (sheet.length === size && free.length < most) free.push(sheet)
}

export const Sheets = { take, giveBack }
