import * as z from 'zod'
import { dimensions } from '../ledger/entry.ts'
import { MetricQuery } from '../metrics/question.ts'
import { pageFields } from '../paging.ts'

/** The query of GET V/metrics/{metric}/explain: a question with one number for an answer. */
export const ExplainQuery = MetricQuery.omit({ granularity: true, group_by: true })
  .extend(pageFields)
  .strict()
export type ExplainQuery = z.output<typeof ExplainQuery>

const Dimensions = z.object(
  Object.fromEntries(dimensions.map((name) => [name, z.string().nullable()])) as Record<
    (typeof dimensions)[number],
    z.ZodNullable<z.ZodString>
  >,
)

const Item = z.object({
  /** The number of the ledger's entry. */
  entry: z.string(),
  /** The event that told it. */
  eventId: z.string(),
  orderId: z.string().nullable(),
  /** When it counts. */
  occurredAt: z.string(),
  recordedAt: z.string(),
  value: z.number(),
  currency: z.string().nullable(),
  dimensions: Dimensions,
})
export type Item = z.infer<typeof Item>

const example = {
  metric: 'net_revenue',
  unit: 'minor' as const,
  from: '2026-06-01T00:00:00-04:00',
  to: '2026-06-02T00:00:00-04:00',
  asOf: '2026-06-02T15:04:05.000000Z',
  total: 9100,
  totals: [{ currency: 'USD', total: 9100, entries: 1 }],
  entries: 1,
  checksum: '3b1f1e6e3ac4c4b4b1c8e7d6a0a5f7b5f6f0c0a3a7c1f1d9d6b7d9a1c2e3f405',
  items: [
    {
      entry: '42',
      eventId: '01JZ0000000000000000000000',
      orderId: 'o-1',
      occurredAt: '2026-06-01T16:00:00.000000Z',
      recordedAt: '2026-06-01T16:00:01.123456Z',
      value: 9100,
      currency: 'USD',
      dimensions: {
        event: 'e1',
        session: null,
        ticket_type: 'stalls',
        channel: 'online',
        currency: 'USD',
        promo_code: null,
        gate: null,
        scan_reason: null,
        source: 'checkout',
      },
    },
  ],
  nextCursor: null,
}

/** The entries of the ledger behind one number, of every page the same whole. */
export const Explanation = z
  .object({
    metric: z.string(),
    unit: z.enum(['count', 'minor', 'ratio', 'seconds', 'value']),
    from: z.string(),
    to: z.string(),
    asOf: z.string(),
    /** The number; null for money of several currencies, which `totals` tells one by one. */
    total: z.number().nullable(),
    totals: z.array(
      z.object({ currency: z.string().nullable(), total: z.number(), entries: z.int() }),
    ),
    entries: z.int(),
    /** SHA-256 in hex of a line for each entry of all pages, in their order. */
    checksum: z.string(),
    items: z.array(Item),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'Explanation', examples: [example] })
export type Explanation = z.infer<typeof Explanation>
