import type * as z from 'zod'
import type { RefusalCode } from '../errors.ts'

/** What the document says of a route that does not follow from who may call it and its schemas. */
export type Notes = {
  /** More than the summary, in Markdown. */
  description?: string
  /** Refusals of its own; those that every such route can give are added. */
  refuses?: readonly RefusalCode[]
  /** Headers of its own answer; those that every such route sends are added. */
  headers?: readonly string[]
  /** The media type of the answer; application/json where nothing is said. */
  mediaType?: string
  /** Answers of other statuses that are no refusals, with their schemas. */
  alsoAnswers?: Readonly<Record<number, z.ZodType>>
  /** The bodies that a route reads by itself, by their media types. */
  reads?: Readonly<Record<string, z.ZodType>>
}
