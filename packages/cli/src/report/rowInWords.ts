import * as Units from "../render/units.ts"
import { phaseInWords } from "./look.ts"
import type { Row } from "./Report.ts"

/** "1.2.3.4:6881 (Transmission 4.0.6, has 37 %): connecting 6 ms, shaking hands 22 ms; never unchoked us". */
export const rowInWords = ({ bars, client, has, peer, verdict }: Row): string => {
  const facts = [client, has === "" ? "" : `has ${has}`].filter((fact) => fact !== "")
  const times = bars.map(({ from, phase, to }) => `${phaseInWords[phase]} ${Units.latency(to - from)}`)
  return `${peer}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}: ${times.join(", ")}; ${verdict}`
}
