/**
 * Text on a terminal that does not speak UTF-8: in ASCII. What such a terminal makes of our bytes nobody knows, and some of them would move its cursor.
 *
 * Invariant: each character takes as many cells as before, so what was laid out stays so.
 */
import { widthOf } from "./text.ts"

/** Whether the locale's character set is UTF-8, by the variable that counts (POSIX): as systemd has it, where none is set everything speaks UTF-8 by now. */
export const speaksUtf8 = (
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): boolean => {
  // Windows' consoles are written to in UTF-16.
  if (platform === "win32") return true
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "")
  return locale === undefined || /utf-?8/i.test(locale)
}

/** The same in ASCII: what we draw with is drawn otherwise, all else is "?". */
export const inAscii = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/[^\u0000-\u007f]+/g, (some) =>
    Array.from(graphemes().segment(some), ({ segment }) => glyphs.get(segment) ?? "?".repeat(widthOf(segment))).join(
      "",
    ),
  )

/** It takes ICU 10 ms to make one, and hardly any terminal needs it. */
const graphemes = () => (segmenter ??= new Intl.Segmenter())

let segmenter: Intl.Segmenter | undefined

const glyphs: ReadonlyMap<string, string> = new Map(
  [
    ..."…~ –- ×x ✓* ↑^ ↓v".split(" "),
    // The bar; nothing, a part, and all of a stretch of pieces; heights.
    ..."━= ╸- ─.".split(" "),
    ..."·. ░: ▒+ ▓* █#".split(" "),
    ..."▁_ ▂. ▃: ▄- ▅= ▆+ ▇*".split(" "),
  ].map(([glyph, plain]) => [glyph!, plain!] as const),
)
