/** What a file is, by its name, as far as players and browsers may be told. */

const types: Readonly<Record<string, string>> = {
  "3gp": "video/3gpp",
  avi: "video/x-msvideo",
  flv: "video/x-flv",
  m2ts: "video/mp2t",
  m4v: "video/mp4",
  mkv: "video/x-matroska",
  mov: "video/quicktime",
  mp4: "video/mp4",
  mpeg: "video/mpeg",
  mpg: "video/mpeg",
  ogv: "video/ogg",
  ts: "video/mp2t",
  webm: "video/webm",
  wmv: "video/x-ms-wmv",
  aac: "audio/aac",
  flac: "audio/flac",
  m4a: "audio/mp4",
  m4b: "audio/mp4",
  mka: "audio/x-matroska",
  mp3: "audio/mpeg",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  weba: "audio/webm",
  wma: "audio/x-ms-wma",
  avif: "image/avif",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  pdf: "application/pdf",
  epub: "application/epub+zip",
  vtt: "text/vtt; charset=utf-8",
  nfo: "text/plain; charset=utf-8",
  srt: "text/plain; charset=utf-8",
  txt: "text/plain; charset=utf-8",
}

/** The type of a file of this name. What a browser could run (HTML, SVG, scripts) is bytes like all that is unknown: it comes from strangers, and would run as ours. */
export const mediaType = (name: string): string => {
  const [, extension = ""] = /\.([^./\\]+)$/.exec(name) ?? []
  const known = extension.toLowerCase()
  return Object.hasOwn(types, known) ? types[known]! : "application/octet-stream"
}

/** Whether it is something to be watched or heard. */
export const isPlayable = (name: string): boolean => /^(video|audio)\//.test(mediaType(name))
