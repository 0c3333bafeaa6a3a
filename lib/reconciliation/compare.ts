import type { ToldCounts } from './told.ts'

/** What our ledger has of a ticket type and currency, in the time and show that a message is of. */
export type OwnSums = {
  ticketType: string | null
  currency: string | null
  orders: number
  tickets: number
  cancelled: number
  gross: number
  refunds: number
}

export type Difference = {
  kind: ToldCounts['kind']
  event: string | null
  date: string | null
  ticketType: string | null
  currency: string | null
  toldAt: string
  counts: { name: string; told: number; counted: number }[]
}

/**
 * Where the platform's books differ from ours. A snapshot tells tickets by type, comps included and
 * cancelled ones not; a checksum what was booked on a day. Orders of one show are not compared
 * where some order was paid in several parts: it is one here and may be several there.
 */
export function differencesOf(
  told: ToldCounts,
  own: OwnSums[],
  { splitOrders }: { splitOrders: boolean },
): Difference[] {
  const base = { kind: told.kind, event: told.showKey || null, toldAt: told.toldAt }
  if (told.kind === 'orders.checksum') {
    const sums = sumOf(own.filter(({ currency }) => currency === told.currency))
    const { orders, tickets, gross, refunds } = told.counts
    const comparesOrders = !(splitOrders && told.showKey)
    const counts = [
      ...(comparesOrders ? [{ name: 'orders', told: orders, counted: sums.orders }] : []),
      { name: 'tickets_sold', told: tickets, counted: sums.tickets },
      { name: 'gross_revenue', told: gross, counted: sums.gross },
      { name: 'refunds', told: refunds, counted: sums.refunds },
    ]
    const { date, currency } = told
    return drifted([{ ...base, date, ticketType: null, currency, counts }])
  }
  return drifted(
    told.counts.map(({ ticketType, sold, comps }) => {
      const sums = sumOf(own.filter((row) => row.ticketType === ticketType))
      const counted = sums.tickets - sums.cancelled
      const counts = [{ name: 'tickets_net', told: sold + comps, counted }]
      return { ...base, date: null, ticketType, currency: null, counts }
    }),
  )
}

const drifted = (all: Difference[]): Difference[] =>
  all
    .map((one) => ({ ...one, counts: one.counts.filter((c) => c.told !== c.counted) }))
    .filter(({ counts }) => counts.length > 0)

function sumOf(rows: OwnSums[]) {
  const sums = { orders: 0, tickets: 0, cancelled: 0, gross: 0, refunds: 0 }
  for (const row of rows) {
    sums.orders += row.orders
    sums.tickets += row.tickets
    sums.cancelled += row.cancelled
    sums.gross += row.gross
    sums.refunds += row.refunds
  }
  return sums
}
