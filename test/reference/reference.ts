/**
 * The reference of the public packages, out of the docstrings: pages in `.reference/`. Fails where something that is exported is not said what it is.
 *
 * TypeDoc checks the types of what it reads, with the last TypeScript before the one that compiles the packages. What a file begins with is said of the module
 * that it is, without a tag of TypeDoc's in every file.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { packages, root } from "./packages.ts"
import { tools } from "./tools.ts"

/** As much of TypeDoc as is used: its own types are where its code is, outside the tree. */
interface TypeDoc {
  readonly Comment: new (parts: ReadonlyArray<{ readonly kind: "text"; readonly text: string }>) => object
  readonly Application: { readonly bootstrapWithPlugins: (options: object) => Promise<Application> }
}

interface Application {
  readonly converter: {
    readonly on: (event: "createDeclaration", said: (context: Context, made: Reflection) => void) => void
  }
  readonly convert: () => Promise<Project | undefined>
  readonly validate: (project: object) => void
  readonly generateOutputs: (project: object) => Promise<void>
  readonly logger: { readonly hasErrors: () => boolean; readonly hasWarnings: () => boolean }
}

interface Context {
  readonly getSymbolFromReflection: (
    made: Reflection,
  ) => { readonly declarations?: ReadonlyArray<{ readonly fileName?: string; readonly text?: string }> } | undefined
}

interface Reflection {
  name: string
  comment?: object
}

interface Project {
  readonly children?: ReadonlyArray<Reflection>
}

const { href } = pathToFileURL(createRequire(join(tools, "package.json")).resolve("typedoc"))
const { Application, Comment } = (await import(href)) as TypeDoc

const application = await Application.bootstrapWithPlugins({ options: join(import.meta.dirname, "typedoc.json") })
application.converter.on("createDeclaration", (context, made) => {
  const file = context.getSymbolFromReflection(made)?.declarations?.find(({ fileName }) => fileName !== undefined)
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(file?.text ?? "")?.[1]
  if (made.comment === undefined && header !== undefined) {
    made.comment = new Comment([{ kind: "text", text: header.replace(/^ *\* ?/gm, "").trim() }])
  }
})

process.chdir(root)
const project = await application.convert()
if (project !== undefined) {
  for (const entry of project.children ?? []) {
    entry.name = packages.find(({ folder }) => `packages/${entry.name}` === `${folder}/src`)?.name ?? entry.name
  }
  application.validate(project)
  if (!application.logger.hasErrors() && !application.logger.hasWarnings()) await application.generateOutputs(project)
}
if (application.logger.hasErrors() || application.logger.hasWarnings()) process.exitCode = 1
