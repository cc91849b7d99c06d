/** What the torrents of one command are called. Invariant: no two that it has been asked for are called the same. */
export class Names {
  /** Of which torrent a name is, by its info hash. */
  readonly #owners = new Map<string, string>()

  /** Its name where it is the first of that name; of others the info hash begins what they are called: the end of a long one is not seen. */
  of(name: string, hash: string): string {
    const first = this.#owners.get(name) ?? hash
    this.#owners.set(name, first)
    return first === hash ? name : `[${hash.slice(0, 8)}] ${name}`
  }
}
