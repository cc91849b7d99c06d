/**
 * The public types of each package as one page, `packages/engine/engine.api.md` and so on: what a change does to those who depend on it is seen in review.
 *
 *     node test/reference/api.ts            # writes the pages
 *     node test/reference/api.ts --check    # fails where one is not what the types are
 *
 * Read from `dist`, so `tsc -b --force` comes first: built anew, because a build that goes on from the one before may write a union in another order. What an entry does not export but refers to is on the page too: the fields of errors are in such types.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { packages, root } from "./packages.ts"
import { tools } from "./tools.ts"

/** As much of API Extractor as is used: its own types are where its code is, outside the tree. */
interface ApiExtractor {
  readonly ExtractorConfig: { readonly prepare: (options: object) => object }
  readonly Extractor: {
    readonly invoke: (
      config: object,
      options: { readonly localBuild: boolean; readonly messageCallback: (message: Message) => void },
    ) => { readonly succeeded: boolean; readonly apiReportChanged: boolean }
  }
}

interface Message {
  readonly text: string
  readonly logLevel: string
  handled: boolean
}

const { Extractor, ExtractorConfig } = createRequire(join(tools, "package.json"))(
  "@microsoft/api-extractor",
) as ApiExtractor

const checks = process.argv.includes("--check")
const silent = { logLevel: "none" }
const temporary = mkdtempSync(join(tmpdir(), "unchoke-api-"))

/** Whether the page was what the types are. */
const report = ({ folder, name }: (typeof packages)[number]): boolean => {
  const here = join(root, folder)
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(here, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: here,
      mainEntryPointFilePath: join(here, "dist/index.d.ts"),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2024",
            module: "nodenext",
            moduleResolution: "nodenext",
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
            types: ["node"],
            typeRoots: [join(root, "node_modules/@types")],
          },
          include: ["dist/index.d.ts"],
        },
      },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: basename(folder),
        reportFolder: here,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: "error" } },
        extractorMessageReporting: { default: silent },
        tsdocMessageReporting: { default: silent },
      },
    },
  })
  const { apiReportChanged, succeeded } = Extractor.invoke(config, {
    localBuild: !checks,
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === "error") console.error(`${name}: ${message.text}`)
    },
  })
  if (apiReportChanged)
    console.log(`${folder}/${basename(folder)}.api.md ${checks ? "is not what the types are" : "written"}`)
  return checks ? succeeded && !apiReportChanged : succeeded || apiReportChanged
}

const right = packages.map(report).every(Boolean)
rmSync(temporary, { recursive: true })
if (!right) {
  if (checks)
    console.error("`npm run api` writes the pages anew: is the change meant, and does CHANGELOG.md tell of it?")
  process.exitCode = 1
}
