import * as z from 'zod'
import { from, to } from '../metrics/question.ts'

/** The body of POST V/audit/run: yesterday where nothing is said. */
export const AuditRequest = z
  .strictObject({ from: from.optional(), to: to.optional() })
  .refine((told) => (told.from === undefined) === (told.to === undefined), {
    error: 'must be given together with the other end',
    path: ['to'],
  })
  .meta({ id: 'AuditRequest', examples: [{ from: '2026-06-01', to: '2026-06-08' }] })
export type AuditRequest = z.infer<typeof AuditRequest>

const numbers = z.record(z.string(), z.number()).nullable()

export const Finding = z.object({
  /** quarter, day, window, show, document, live; orders, admissions (facts); platform. */
  store: z.string(),
  /** Where: the start, the event, the dimensions. */
  place: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  /** The numbers that differ, as they stood there; null where nothing stood. */
  stored: numbers,
  /** As the ledger has them; null where it has nothing. */
  recomputed: numbers,
  healed: z.boolean(),
})
export type Finding = z.infer<typeof Finding>

const Archive = z.object({
  state: z.enum(['complete', 'incomplete', 'unavailable']),
  events: z.int(),
  waiting: z.int(),
  expired: z.int(),
  missing: z.int(),
  days: z.array(z.object({ date: z.string(), events: z.int(), missing: z.int() })),
  missingIds: z.array(z.string()),
})

const run = {
  id: z.string(),
  startedBy: z.enum(['clock', 'hand']),
  state: z.enum(['pending', 'running', 'done']),
  /** Business days, the last not included. */
  spans: z.array(z.object({ from: z.string(), to: z.string() })),
  requestedAt: z.string(),
  finishedAt: z.string().nullable(),
  results: z.array(
    z.object({
      store: z.string(),
      /** Behind: not compared, it is being made anew. Unavailable: its store is away. */
      state: z.enum(['compared', 'unavailable', 'behind']),
      checked: z.int(),
      found: z.int(),
      healed: z.int(),
    }),
  ),
  /** The raw copies of what was recorded on the days; null until they are compared. */
  archive: Archive.nullable(),
}

const example = {
  id: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90',
  startedBy: 'clock' as const,
  state: 'done' as const,
  spans: [{ from: '2026-06-01', to: '2026-06-02' }],
  requestedAt: '2026-06-02T09:00:01.012345Z',
  finishedAt: '2026-06-02T09:00:02.512345Z',
  results: [
    { store: 'quarter', state: 'compared' as const, checked: 96, found: 0, healed: 0 },
    { store: 'day', state: 'compared' as const, checked: 12, found: 1, healed: 1 },
  ],
  archive: {
    state: 'complete' as const,
    events: 412,
    waiting: 0,
    expired: 0,
    missing: 0,
    days: [{ date: '2026-06-01', events: 412, missing: 0 }],
    missingIds: [],
  },
}
const finding = {
  store: 'day',
  place: { start: '2026-06-01T04:00:00Z', event: 'e1', test_mode: false },
  stored: { tickets_sold: 7 },
  recomputed: { tickets_sold: 2 },
  healed: true,
}

/** One audit of a venue. */
export const Run = z.object(run).meta({ id: 'AuditRun', examples: [example] })
export type Run = z.infer<typeof Run>

export const RunPage = z
  .object({ items: z.array(Run), nextCursor: z.string().nullable() })
  .meta({ id: 'AuditRunPage' })

/** One audit with the first thousand of its findings. */
export const RunWhole = z
  .object({ ...run, findings: z.array(Finding) })
  .meta({ id: 'AuditRunWhole', examples: [{ ...example, findings: [finding] }] })
export type RunWhole = z.infer<typeof RunWhole>
