import type { Tx } from '../clients/postgres.ts'
import { businessDayOf, startOfDay } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'
import type { VenueRow } from '../venues/store.ts'
import { type Difference, differencesOf } from './compare.ts'
import { readOwn, readTold, type Scope } from './store.ts'
import type { ToldCounts } from './told.ts'

/** At most so many of the platform's books are compared at once. */
const mostBooks = 200
const firstInstant = Date.parse('0001-01-02T00:00:00Z')

/**
 * Compares what the platform told in [from, to), epoch ms, with the ledger as of the moments that it
 * tells of; null while the days are made anew for another clock. Two statements, however many.
 */
export async function reconcile(
  tx: Tx,
  venueId: string,
  venue: Pick<VenueRow, 'settings' | 'daysStale' | 'splitOrders'>,
  span: { from: number; to: number },
): Promise<{ compared: number; differences: Difference[] } | null> {
  if (venue.daysStale) return null
  const told = await readTold(tx, venueId, { ...span, limit: mostBooks })
  if (told.length === 0) return { compared: 0, differences: [] }
  const scopes = told.map((one) => scopeOf(one, venue.settings))
  const own = Map.groupBy(await readOwn(tx, venueId, scopes), ({ scope }) => scope)
  const differences = told.flatMap((one, n) => differencesOf(one, own.get(n) ?? [], venue))
  return { compared: told.length, differences }
}

function scopeOf(told: ToldCounts, settings: Settings): Scope {
  const { showKey } = told
  // What happened at the very moment is told.
  const until = Date.parse(told.toldAt) + 1
  const running = businessDayOf(until, settings).start
  if (told.kind === 'inventory.snapshot') {
    return { showKey, from: firstInstant, cut: running, until }
  }
  const from = startOfDay(told.date, settings)
  const { end } = businessDayOf(from, settings)
  if (until >= end) return { showKey, from, cut: end, until: end }
  return { showKey, from, cut: from, until: Math.max(from, until) }
}
