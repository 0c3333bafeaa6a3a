import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { code, type Filter, momentFields, refusalFields } from '../quarantine/schema.ts'

export const StrayQuery = z.strictObject({
  code: code.optional(),
  ...momentFields,
  ...pageFields,
})
export type StrayQuery = z.infer<typeof StrayQuery>

/** What a list leaves; moments in UTC. */
export type StrayFilter = Pick<Filter, 'code' | 'from' | 'to'>

/** A message in which no venue can be read. */
export const Stray = z.object(refusalFields)
export type Stray = z.infer<typeof Stray>

export const StrayWhole = z.object({ ...refusalFields, body: z.string() })
export type StrayWhole = z.infer<typeof StrayWhole>

export const StrayPage = z.object({ items: z.array(Stray), nextCursor: z.string().nullable() })
export type StrayPage = z.infer<typeof StrayPage>
