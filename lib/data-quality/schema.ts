import * as z from 'zod'

const example = {
  asOf: '2026-06-02T15:04:05.000000Z',
  stale: false,
  lastRecordedAt: '2026-06-02T15:04:01.123456Z',
  lastEventAt: '2026-06-02T15:04:00.000Z',
  sources: [
    {
      source: 'checkout',
      lastEventAt: '2026-06-02T15:04:00.000Z',
      lastRecordedAt: '2026-06-02T15:04:01.123456Z',
    },
  ],
  lastDay: { received: 412, counted: 410, known: 1, quarantined: 1, maxLagSeconds: 1.2 },
  quarantineRate: 0.0024,
  waiting: { kept: 1, replaying: 0, outbox: 0 },
  windows: { madeUntil: '2026-06-02T15:04:01.123456Z', behindSince: null },
  daysMadeAnew: false,
  platform: {
    compared: 1,
    differences: [
      {
        kind: 'orders.checksum' as const,
        event: 'e1',
        date: '2026-06-01',
        ticketType: null,
        currency: 'USD',
        toldAt: '2026-06-02T05:00:00.000Z',
        counts: [{ name: 'orders', told: 41, counted: 40 }],
      },
    ],
  },
  lastAudit: {
    id: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90',
    finishedAt: '2026-06-02T05:00:02.512345Z',
    found: 0,
    healed: 0,
    archive: 'complete' as const,
  },
}

/** How far what is told of a venue can be relied on. */
export const DataQuality = z
  .object({
    asOf: z.string(),
    /** Something that is made from the ledger is more than three minutes behind it. Answers to
     * questions are not: what is behind is not read for them. */
    stale: z.boolean(),
    lastRecordedAt: z.string().nullable(),
    /** When the latest event that is counted happened. */
    lastEventAt: z.string().nullable(),
    sources: z.array(
      z.object({ source: z.string(), lastEventAt: z.string(), lastRecordedAt: z.string() }),
    ),
    /** Of the last 24 hours, by whole quarter hours. */
    lastDay: z.object({
      received: z.int(),
      counted: z.int(),
      known: z.int(),
      quarantined: z.int(),
      maxLagSeconds: z.number(),
    }),
    /** Quarantined of received in the last 24 hours; null where nothing came. */
    quarantineRate: z.number().nullable(),
    waiting: z.object({ kept: z.int(), replaying: z.int(), outbox: z.int() }),
    /** Behind since the oldest entry that is not in them was recorded; null where none is. */
    windows: z.object({ madeUntil: z.string().nullable(), behindSince: z.string().nullable() }),
    /** The days are being made anew for another clock; answers come from quarter hours. */
    daysMadeAnew: z.boolean(),
    /** What the platform told of its own books in the last two days; null while days are made anew. */
    platform: z
      .object({
        compared: z.int(),
        differences: z.array(
          z.object({
            kind: z.enum(['orders.checksum', 'inventory.snapshot']),
            event: z.string().nullable(),
            date: z.string().nullable(),
            ticketType: z.string().nullable(),
            currency: z.string().nullable(),
            toldAt: z.string(),
            counts: z.array(z.object({ name: z.string(), told: z.number(), counted: z.number() })),
          }),
        ),
      })
      .nullable(),
    lastAudit: z
      .object({
        id: z.string(),
        finishedAt: z.string(),
        found: z.int(),
        healed: z.int(),
        archive: z.enum(['complete', 'incomplete', 'unavailable']),
      })
      .nullable(),
  })
  .meta({ id: 'DataQuality', examples: [example] })
export type DataQuality = z.infer<typeof DataQuality>
