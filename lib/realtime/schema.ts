import * as z from 'zod'
import { Kpi } from './kpi.ts'

const asOf = z.string().meta({ description: 'Everything recorded until then is counted' })
const stale = z.boolean().meta({
  description: 'Whether `asOf` is more than a minute ago: what came since may be missing',
})
const kpi = {
  metric: 'gross_revenue',
  unit: 'minor' as const,
  currency: 'USD',
  current: 9100,
  previous: 4550,
  change: 4550,
  changePct: 100,
  trend: 'up' as const,
  window: { from: '2026-06-02T06:00:00-04:00', to: '2026-06-03T06:00:00-04:00' },
  previousWindow: { from: '2026-06-01T06:00:00-04:00', to: '2026-06-01T15:04:00-04:00' },
}
const moment = { asOf: '2026-06-02T19:04:05.000000Z', stale: false }

/** The answer of GET V/realtime. */
export const Realtime = z
  .object({ items: z.array(Kpi), asOf, stale })
  .meta({ id: 'Realtime', examples: [{ items: [kpi], ...moment }] })
export type Realtime = z.infer<typeof Realtime>

/** The answer of GET V/realtime/{metric}. */
export const RealtimeMetric = Kpi.extend({ asOf, stale }).meta({
  id: 'RealtimeMetric',
  examples: [{ ...kpi, ...moment }],
})
export type RealtimeMetric = z.infer<typeof RealtimeMetric>

export const Counter = z
  .object({
    name: z.string(),
    unit: z.string().meta({ description: '`count` for a metric of the venue’s own' }),
    currency: z.string().nullable(),
    value: z.number(),
    from: z.string(),
    to: z.string(),
    resetAt: z
      .string()
      .nullable()
      .meta({ description: 'The last reset, of whatever day; null where there was none' }),
    asOf,
    stale,
  })
  .meta({
    id: 'Counter',
    examples: [
      {
        name: 'scans_accepted',
        unit: 'count',
        currency: null,
        value: 412,
        ...kpi.window,
        resetAt: '2026-06-02T18:00:00.000000Z',
        ...moment,
      },
    ],
  })
export type Counter = z.infer<typeof Counter>

/** The answer of a reset; `value` is that of the counter at `asOf`. */
export const CounterReset = z
  .object({ name: z.string(), value: z.number(), resetAt: z.string(), asOf })
  .meta({
    id: 'CounterReset',
    examples: [
      {
        name: 'scans_accepted',
        value: 0,
        resetAt: '2026-06-02T18:00:00.000000Z',
        asOf: '2026-06-02T18:00:00.000000Z',
      },
    ],
  })
export type CounterReset = z.infer<typeof CounterReset>

export const Gauge = z
  .object({
    name: z.string(),
    current: z.number(),
    max: z.number().nullable().meta({ description: 'Null where it is not known' }),
    percentage: z
      .number()
      .nullable()
      .meta({ description: 'Of `max`; null where that is 0 or not known' }),
    asOf,
    stale,
  })
  .meta({
    id: 'Gauge',
    examples: [{ name: 'inside', current: 412, max: 1648, percentage: 25, ...moment }],
  })
export type Gauge = z.infer<typeof Gauge>
