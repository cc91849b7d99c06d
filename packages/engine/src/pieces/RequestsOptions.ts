import type { Asker } from "./Filling.ts"
import type { Signs } from "./Tempo.ts"

/** Whom the requests go to. Of one of whom nothing is known it is taken that it keeps nobody waiting. */
export interface RequestsOptions extends Omit<Asker, "complete">, Partial<Signs> {
  /** Whether it has every piece (default: yes). */
  readonly complete?: () => boolean
}
