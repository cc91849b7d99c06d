/**
 * Schemas whose types are written out, each field with its docstring.
 *
 * Effect makes the type of a schema out of its fields, by mapped types. Through these docstrings reach no editor: TypeScript 7 loses what is said of a member that is mapped, and a declaration file what is said of one that
 * is inferred. So what somebody is told is written down as an interface, which is where the docstrings are; the schema beside it says how it is encoded. Here the two are held together: where they are not the same type,
 * the schema's is `never`, and it is an error to declare it. Classes (errors) declare their fields in their body for the same reason, each held to the schema by what a class may declare.
 */
import type { Schema } from "effect"

/** `Type`, where `Of` is the same: the same members, each as optional and of the same type. */
type Same<Type, Of> = [Type, keyof Type, Of, keyof Of] extends [Of, keyof Of, Type, keyof Type] ? Type : never

/** A schema of what `Type` says. */
export type Told<S extends Schema.Top, Type> = S & { readonly Type: Same<Type, S["Type"]> }

/** The cases of a `Schema.TaggedUnion` of these fields: of each, what `Type` says where it has this tag. */
export type Cases<Fields extends Record<string, Schema.Struct.Fields>, Type extends { readonly _tag: string }> = {
  readonly [Tag in keyof Fields]: Told<
    Schema.TaggedStruct<Tag & string, Fields[Tag]>,
    Extract<Type, { readonly _tag: Tag }>
  >
}
