import type { Tx } from '../clients/postgres.ts'
import { lockVenue } from '../ledger/state.ts'
import { bucketStarts } from '../time/periods.ts'
import type { VenueRow } from '../venues/store.ts'
import { type BucketSpan, compareBuckets, healBuckets } from './store.ts'

const quarterMs = 15 * 60_000
const mostDays = 400

export type Span = { from: number; to: number }
/** What became of one store: how much was compared, how much of it differed and was put right. */
export type Result = {
  store: string
  state: 'compared' | 'unavailable' | 'behind'
  checked: number
  found: number
  healed: number
}

/**
 * Compares both tiers of the sums in a span of whole business days with the ledger. What differs is
 * rewritten under the lock that ingests take; where nothing does, no ingest waits.
 */
export async function auditBuckets(
  tx: Tx,
  venueId: string,
  runId: string,
  { settings, daysStale }: VenueRow,
  { from, to }: Span,
): Promise<Result[]> {
  const days = bucketStarts(from, to, 'day', settings, mostDays)
  const first = Math.floor(from / quarterMs) * quarterMs
  const last = Math.ceil(to / quarterMs) * quarterMs
  const quarters = { tier: 'quarter', from: first, to: last, starts: null } as const
  return [
    await audit(tx, venueId, runId, quarters),
    daysStale
      ? { store: 'day', state: 'behind', checked: 0, found: 0, healed: 0 }
      : await audit(tx, venueId, runId, { tier: 'day', from, to, starts: days }),
  ]
}

async function audit(tx: Tx, venueId: string, runId: string, span: BucketSpan): Promise<Result> {
  const { checked, found } = await compareBuckets(tx, venueId, span)
  const same: Result = { store: span.tier, state: 'compared', checked, found: 0, healed: 0 }
  if (found === 0) return same
  await lockVenue(tx, venueId)
  // Again under the lock: what was committed in between is part of both sides.
  const healed = await healBuckets(tx, venueId, runId, span)
  return { ...same, found: healed, healed }
}
