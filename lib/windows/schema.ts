import * as z from 'zod'
import { from, to } from '../metrics/question.ts'
import { pageFields } from '../paging.ts'
import { tiers } from './window.ts'

/** The query of GET V/windows. */
export const WindowQuery = z.strictObject({
  tier: z.enum(tiers).default('day').meta({ description: 'How long the windows are' }),
  from: from.optional(),
  to: to.optional(),
  ...pageFields,
})
export type WindowQuery = z.infer<typeof WindowQuery>

export const ToldWindow = z
  .object({
    tier: z.enum(tiers),
    start: z.string(),
    end: z.string(),
    currency: z.string().nullable(),
    /** The measures of the ledger that something touched; money in minor units. */
    numbers: z.record(z.string(), z.number()),
    /** Ledger entries that the window sums. */
    entries: z.int(),
    /** Counts the times its numbers changed. */
    revision: z.int(),
    /** It was over when it was computed; a late event opens it again. */
    final: z.boolean(),
    computedAt: z.string(),
  })
  .meta({
    id: 'Window',
    examples: [
      {
        tier: 'day',
        start: '2026-06-01T00:00:00-04:00',
        end: '2026-06-02T00:00:00-04:00',
        currency: 'USD',
        numbers: { orders: 1, tickets_sold: 2, gross_revenue: 9100 },
        entries: 2,
        revision: 1,
        final: true,
        computedAt: '2026-06-02T04:00:12.345Z',
      },
    ],
  })
export type ToldWindow = z.infer<typeof ToldWindow>

export const WindowPage = z
  .object({ items: z.array(ToldWindow), nextCursor: z.string().nullable() })
  .meta({ id: 'WindowPage' })
export type WindowPage = z.infer<typeof WindowPage>
