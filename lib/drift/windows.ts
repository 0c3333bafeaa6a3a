import type { Tx } from '../clients/postgres.ts'
import type { Settings } from '../venues/settings.ts'
import { computeWindows } from '../windows/store.ts'
import { distinct, keptMs, tiers, type Window, windowsWithin } from '../windows/window.ts'
import type { Result, Span } from './buckets.ts'
import { compareWindows, deleteWindows, type WindowDrift } from './store.ts'

/**
 * Compares the windows that touch a span and are kept still with the ledger, and makes those that
 * differ anew, with a new revision. The caller holds the lease of the venue's windows.
 */
export async function auditWindows(
  tx: Tx,
  venueId: string,
  settings: Settings,
  spans: Span[],
  { until, now }: { until: string; now: number },
): Promise<Result & { drift: WindowDrift[] }> {
  const all = spans.flatMap(({ from, to }) =>
    tiers.flatMap((tier) => {
      const kept = now - (keptMs[tier] ?? Number.POSITIVE_INFINITY)
      const since = Math.max(from, kept)
      if (since >= Math.min(to, now)) return []
      const found = windowsWithin(tier, since, Math.min(to, now), settings)
      return found.filter(({ end }) => end > kept)
    }),
  )
  const windows = distinct(all)
  const none = { store: 'window', state: 'compared', checked: 0, found: 0, healed: 0 } as const
  if (windows.length === 0) return { ...none, drift: [] }
  const first = await compareWindows(tx, venueId, windows, until)
  // Weeks and months are made of days: all of theirs must be right first.
  const days = distinct(first.drift.flatMap((one) => daysOf(one, settings, now)))
  const second = days.length
    ? await compareWindows(tx, venueId, days, until)
    : { checked: 0, drift: [] }
  const drift = [
    ...new Map([...first.drift, ...second.drift].map((one) => [keyOf(one), one])).values(),
  ]
  const checked = first.checked + second.checked
  if (drift.length === 0) return { ...none, checked, drift }
  const { alien = [], told = [] } = Object.groupBy(drift, ({ recomputed }) =>
    recomputed === null ? 'alien' : 'told',
  )
  if (alien.length > 0) await deleteWindows(tx, venueId, alien)
  if (told.length > 0) await computeWindows(tx, venueId, distinct(told), { until, now })
  return { ...none, checked, found: drift.length, healed: drift.length, drift }
}

function daysOf({ tier, start, end }: WindowDrift, settings: Settings, now: number): Window[] {
  if (tier !== 'week' && tier !== 'month') return []
  return windowsWithin('day', start, Math.min(end, now), settings)
}

const keyOf = ({ tier, start, end, currency }: WindowDrift): string =>
  [tier, start, end, currency].join(' ')
