/**
 * Unions whose docstrings reach those who embed us.
 *
 * A declaration file keeps a comment where the type is written out, and loses it where it is inferred through `Schema.TaggedUnion` or a spread. So cases are written as a constant, and the union's type refers to
 * that.
 */
import type { Schema } from "effect"

/** The cases of a `Schema.TaggedUnion` of these fields. */
export type Cases<Fields extends Record<string, Schema.Struct.Fields>> = {
  readonly [Tag in keyof Fields]: Schema.TaggedStruct<Tag & string, Fields[Tag]>
}
