/** The page that lists the files. */
import { HttpServerResponse } from "effect/http"
import { pathOf, type ServedFile } from "./ServedFile.ts"

export const fileIndex = (title: string, files: ReadonlyArray<ServedFile>): HttpServerResponse.HttpServerResponse => {
  const items = files.map((file) => {
    return `<li value="${file.number}"><a href="${escaped(pathOf(file))}">${escaped(file.path.join("/"))}</a></li>`
  })
  const heading = escaped(title)
  return HttpServerResponse.text(
    `<!doctype html><meta charset="utf-8"><title>${heading}</title><h1>${heading}</h1><ol>\n${items.join("\n")}\n</ol>\n`,
    {
      contentType: "text/html; charset=utf-8",
      headers: {
        // Names are strangers' words.
        "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, no-cache",
      },
    },
  )
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
