/** What the ledger counts: signed integers, money in minor units. Column names and metrics alike. */
export const measures = [
  'orders',
  'tickets_sold',
  'comps',
  'gross_revenue',
  'discounts',
  'taxes',
  'fees',
  'refunds',
  'chargebacks',
  'orders_cancelled',
  'tickets_cancelled',
  'cancelled_value',
  'tickets_refunded',
  'scans_accepted',
  'scans_rejected',
  'admissions',
  'inside_now',
  'page_views',
  'searches',
  'carts_abandoned',
] as const
export type Measure = (typeof measures)[number]

/**
 * Measures whose bookings a late event may move elsewhere. Where they were they leave a sum of zero
 * that means nothing; a zero of any other measure is a zero that happened (a free ticket's price).
 */
export const movingMeasures: ReadonlySet<Measure> = new Set<Measure>([
  'orders',
  'orders_cancelled',
  'tickets_cancelled',
  'cancelled_value',
  'admissions',
])

/** What every number can be split and filtered by. */
export const dimensions = [
  'event',
  'session',
  'ticket_type',
  'channel',
  'currency',
  'promo_code',
  'gate',
  'scan_reason',
  'source',
] as const
export type Dimension = (typeof dimensions)[number]

export type Dimensions = Record<Dimension, string | null> & { test_mode: boolean }

/** One line of the ledger: what an event changes, where it belongs, and when it happened. */
export type Entry = {
  eventId: string
  orderId: string | null
  customerRef: string | null
  /** Epoch milliseconds, event time. */
  occurredAt: number
  dimensions: Dimensions
  amounts: Partial<Record<Measure, number>>
}

/**
 * The entries that turn `before` into `after`, both given as entries of the same facts. What did
 * not change cancels out; what moved becomes a negative and a positive entry.
 */
export function difference(before: Entry[], after: Entry[]): Entry[] {
  const changes = new Map<string, Entry>()
  const add = (entry: Entry, sign: 1 | -1) => {
    const key = JSON.stringify([entry.eventId, entry.occurredAt, entry.orderId, entry.dimensions])
    const change = changes.get(key) ?? { ...entry, amounts: {} }
    for (const [measure, amount] of Object.entries(entry.amounts) as [Measure, number][]) {
      change.amounts[measure] = (change.amounts[measure] ?? 0) + sign * amount
    }
    changes.set(key, change)
  }
  for (const entry of before) add(entry, -1)
  for (const entry of after) add(entry, 1)
  return [...changes.values()].filter((entry) => Object.values(entry.amounts).some((n) => n !== 0))
}
