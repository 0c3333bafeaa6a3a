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

const example = {
  id: '0a8e7f6c-1b2c-4d3e-8f90-a1b2c3d4e5f6',
  type: 'order.paid',
  code: 'missing_venue' as const,
  path: 'venue_id',
  message: 'venue_id must be 1 to 64 letters, digits, _ and -.',
  receivedAt: '2026-06-01T16:00:02.123456Z',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
}

/** A message in which no venue can be read. */
export const Stray = z.object(refusalFields).meta({ id: 'Stray', examples: [example] })
export type Stray = z.infer<typeof Stray>

export const StrayWhole = z.object({ ...refusalFields, body: z.string() }).meta({
  id: 'StrayWhole',
  examples: [{ ...example, body: '{"event_id":"1","type":"order.paid"}' }],
})
export type StrayWhole = z.infer<typeof StrayWhole>

export const StrayPage = z
  .object({ items: z.array(Stray), nextCursor: z.string().nullable() })
  .meta({ id: 'StrayPage' })
export type StrayPage = z.infer<typeof StrayPage>
