import * as z from 'zod'
import { catalogue } from '../metrics/catalogue.ts'
import { AggregateTime } from '../metrics/question.ts'

/** A value of a metric of the venue's own; the id makes sending it twice harmless. */
export const NewValue = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(300)
      .refine((name) => !catalogue.has(name), {
        error: 'is the name of a metric of the catalogue',
      }),
    value: z.number(),
    unit: z.string().max(64).optional(),
    dimensions: z
      .record(z.string().max(100), z.string().max(300))
      .refine((told) => Object.keys(told).length <= 10, { error: 'must have at most 10 entries' })
      .optional(),
    occurredAt: z.iso.datetime({ offset: true }).optional(),
    eventId: z.string().min(1).max(128).optional(),
  })
  .meta({
    id: 'NewValue',
    examples: [
      {
        name: 'bar_sales',
        value: 12.5,
        unit: 'EUR',
        dimensions: { bar: 'foyer' },
        occurredAt: '2026-06-01T20:15:00-04:00',
        eventId: 'till-4711',
      },
    ],
  })
export type NewValue = z.infer<typeof NewValue>

export const NewValues = z
  .array(NewValue)
  .min(1)
  .max(500)
  .meta({
    examples: [
      [
        { name: 'bar_sales', value: 12.5 },
        { name: 'bar_sales', value: 7 },
      ],
    ],
  })

export const Recorded = z
  .object({ accepted: z.int(), eventIds: z.array(z.string()) })
  .meta({ id: 'Recorded', examples: [{ accepted: 1, eventIds: ['till-4711'] }] })
export type Recorded = z.infer<typeof Recorded>

export const Latest = z
  .object({
    metric: z.string(),
    unit: z.string().nullable(),
    currency: z.string().nullable(),
    value: z.number().nullable(),
    start: z.string().meta({ description: 'When it happened, or since when it is counted' }),
    asOf: z.string(),
  })
  .meta({
    id: 'Latest',
    examples: [
      {
        metric: 'net_revenue',
        unit: 'minor',
        currency: 'USD',
        value: 9100,
        start: '2026-06-01T00:00:00-04:00',
        asOf: '2026-06-01T15:04:05.000000Z',
      },
    ],
  })
export type Latest = z.infer<typeof Latest>

const functions = ['sum', 'avg', 'min', 'max', 'count'] as const

export const AggregateQuery = AggregateTime.extend({
  fn: z.enum(functions).meta({ examples: ['sum'] }),
})
export type AggregateQuery = z.infer<typeof AggregateQuery>

export const Aggregate = z
  .object({
    metric: z.string(),
    fn: z.enum(functions),
    unit: z.string().nullable(),
    currency: z.string().nullable(),
    from: z.string(),
    to: z.string(),
    value: z.number().nullable(),
    asOf: z.string(),
  })
  .meta({
    id: 'Aggregate',
    examples: [
      {
        metric: 'net_revenue',
        fn: 'sum',
        unit: 'minor',
        currency: 'USD',
        from: '2026-06-01T00:00:00-04:00',
        to: '2026-06-08T00:00:00-04:00',
        value: 9100,
        asOf: '2026-06-02T15:04:05.000000Z',
      },
    ],
  })
export type Aggregate = z.infer<typeof Aggregate>
