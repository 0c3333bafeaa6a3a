import * as z from 'zod'
import {
  count,
  currency,
  date,
  id,
  looseId,
  moneyMinor,
  name,
  personId,
  text,
  timestamp,
  timeZone,
  wallTime,
  weekday,
} from './fields.ts'

/** What happens to tickets and seats, what the shows and the venue are, and the venue's metrics. */
export const houseTypes = {
  'ticket.scanned': {
    title: 'A ticket was read at a gate',
    data: z.object({
      scan_id: id,
      ticket_id: id.optional(),
      result: z.enum(['ok', 'error']),
      reason: text(100).optional(),
      direction: z.enum(['entry', 'exit']).default('entry'),
      gate_id: looseId.optional(),
      device_id: looseId.optional(),
      offline: z.boolean().optional(),
      quantity: count.default(1),
    }),
    example: {
      scan_id: 's-1',
      ticket_id: 't-1',
      result: 'ok',
      direction: 'entry',
      gate_id: 'north',
      device_id: 'scanner-4',
      offline: false,
      quantity: 1,
    },
  },
  'ticket.transferred': {
    title: 'A ticket was handed on to somebody else',
    data: z.object({
      transfer_id: id,
      ticket_id: id,
      from_customer_id: personId.optional(),
      to_customer_id: personId.optional(),
      state: z.enum(['offered', 'accepted', 'declined', 'revoked']),
    }),
    example: {
      transfer_id: 'x-1',
      ticket_id: 't-2',
      from_customer_id: 'c-1',
      to_customer_id: 'c-2',
      state: 'accepted',
    },
  },
  'inventory.snapshot': {
    title: 'How many places each ticket type has, by their state',
    data: z.object({
      items: z
        .array(
          z.object({
            ticket_type_id: id,
            capacity: count,
            sold: count,
            comps: count,
            held: count,
            killed: count,
            open: count,
            price_minor: moneyMinor.optional(),
          }),
        )
        .max(5000),
      currency,
    }),
    example: {
      items: [
        {
          ticket_type_id: 'stalls',
          capacity: 400,
          sold: 310,
          comps: 6,
          held: 10,
          killed: 4,
          open: 70,
          price_minor: 4550,
        },
      ],
      currency: 'USD',
    },
  },
  'orders.checksum': {
    title: 'What the platform’s own books say of a business day',
    data: z.object({
      date,
      event_id: id.optional(),
      orders: count,
      tickets: count,
      gross_minor: moneyMinor,
      refunds_minor: moneyMinor,
      currency,
    }),
    example: {
      date: '2026-06-01',
      event_id: 'e1',
      orders: 41,
      tickets: 96,
      gross_minor: 436800,
      refunds_minor: 9100,
      currency: 'USD',
    },
  },
  'event.updated': {
    title: 'A show was made known or changed',
    data: z.object({
      name,
      starts_at: timestamp,
      ends_at: timestamp.optional(),
      doors_at: timestamp.optional(),
      on_sale_at: timestamp.optional(),
      timezone: timeZone,
      capacity: count.optional(),
      status: z.string().min(1).max(64),
      category: text(100).optional(),
    }),
    example: {
      name: 'Hamlet',
      starts_at: '2026-07-01T19:30:00-04:00',
      ends_at: '2026-07-01T22:30:00-04:00',
      doors_at: '2026-07-01T18:30:00-04:00',
      on_sale_at: '2026-03-01T10:00:00-05:00',
      timezone: 'America/New_York',
      capacity: 400,
      status: 'on_sale',
      category: 'play',
    },
  },
  'venue.updated': {
    title: 'A venue was made known or changed',
    data: z.object({
      name: name.optional(),
      timezone: timeZone,
      currency,
      day_start: wallTime.optional(),
      week_start: weekday.optional(),
    }),
    example: {
      name: 'Palace Theatre',
      timezone: 'America/New_York',
      currency: 'USD',
      day_start: '06:00',
      week_start: 'monday',
    },
  },
  'metric.recorded': {
    title: 'A value of a metric of the venue’s own',
    data: z.object({
      name,
      value: z.number(),
      unit: text(64).optional(),
      dimensions: z
        .record(z.string().max(100), text(300))
        .refine((dimensions) => Object.keys(dimensions).length <= 10, {
          error: 'must have at most 10 entries',
        })
        .meta({ maxProperties: 10 })
        .optional(),
    }),
    example: { name: 'bar_sales', value: 12.5, unit: 'EUR', dimensions: { bar: 'foyer' } },
  },
} as const
