import { type ArchiveReport, compareArchive } from '../archive/compare.ts'
import type { Tx } from '../clients/postgres.ts'
import { auditBuckets, type Result, type Span } from '../drift/buckets.ts'
import { healShows } from '../drift/store.ts'
import { auditWindows } from '../drift/windows.ts'
import { recountFacts } from '../ledger/store.ts'
import { describeFault, log } from '../log.ts'
import { sumsIn } from '../metrics/sums.ts'
import { fetchLive, publishLive } from '../realtime/live.ts'
import { reconcile } from '../reconciliation/reconcile.ts'
import { rawKeptSince } from '../retention/policy.ts'
import { compareDocuments } from '../show-sums/compare.ts'
import { bucketStarts, businessDayOf } from '../time/periods.ts'
import type { VenueRow } from '../venues/store.ts'
import { holdLease } from '../windows/store.ts'
import { calendarText } from '../windows/window.ts'
import type { Finding } from './schema.ts'
import { insertFindings, type State } from './store.ts'

/** What a step works on: a run of a venue, in a transaction of its own. */
export type Scene = { tx: Tx; venueId: string; runId: string; venue: VenueRow; spans: Span[] }
export type Outcome = { results: Result[]; archive?: ArchiveReport }

/** A book of the platform may come in the day after the one that it is of. */
const toldLaterMs = 36 * 3_600_000
const mostDays = 400

/** The steps of an audit by the state that asks for them. */
export const steps: Record<Exclude<State, 'done'>, (scene: Scene) => Promise<Outcome>> = {
  sums: auditSums,
  copies: auditCopies,
  archive: auditArchive,
}

/** Everything in Postgres that is made from the ledger, and the ledger's own facts. */
async function auditSums(scene: Scene): Promise<Outcome> {
  const { tx, venueId, runId, venue, spans } = scene
  // The lease before the venue's lock: whoever holds the lease never asks for the lock.
  const lease = await holdLease(tx, venueId)
  const results: Result[] = []
  // A run has one span or two: the day before and an older one.
  for (const span of spans) results.push(...(await auditBuckets(tx, venueId, runId, venue, span)))
  results.push(...(await auditAggregates(scene, lease)))
  results.push(...(await auditFacts(scene)))
  return { results: summed(results) }
}

async function auditAggregates(
  { tx, venueId, runId, venue, spans }: Scene,
  lease: Awaited<ReturnType<typeof holdLease>>,
): Promise<Result[]> {
  const until = lease?.aggregatedUntil
  if (!lease || !until) return [behind('window'), behind('show')]
  const shows = await healShows(tx, venueId, runId, until)
  const show: Result = { ...shows, store: 'show', state: 'compared', healed: shows.found }
  if (lease.calendar !== calendarText(venue.settings)) return [behind('window'), show]
  const moment = { until, now: lease.now }
  const { drift, ...window } = await auditWindows(tx, venueId, venue.settings, spans, moment)
  const findings = drift.map(({ tier, start, currency, stored, recomputed }): Finding => {
    const place = { tier, start: new Date(start).toISOString(), ...(currency && { currency }) }
    return { store: 'window', place, stored, recomputed, healed: true }
  })
  await insertFindings(tx, venueId, runId, findings)
  return [window, show]
}

/** The bookings of orders and tickets against the facts they are made of: told, never changed. */
async function auditFacts({ tx, venueId, runId, venue, spans }: Scene): Promise<Result[]> {
  const starts = spans.flatMap(({ from, to }) => [
    ...bucketStarts(from, to, 'day', venue.settings, mostDays),
    to,
  ])
  const rows = await recountFacts(
    tx,
    venueId,
    [...new Set(starts)].sort((a, b) => a - b),
  )
  const isAsked = (at: number) => spans.some(({ from, to }) => at >= from && at < to)
  const asked = rows.filter(({ day }) => isAsked(day))
  const findings = asked
    .filter(({ booked, told }) => booked !== told)
    .map(
      ({ store, day, booked, told }): Finding => ({
        store,
        place: { date: businessDayOf(day, venue.settings).date },
        stored: { [store]: booked },
        recomputed: { [store]: told },
        healed: false,
      }),
    )
  await insertFindings(tx, venueId, runId, findings)
  return (['orders', 'admissions'] as const).map((store) => {
    const own = findings.filter((finding) => finding.store === store)
    const checked = asked.filter((row) => row.store === store).length
    return { store, state: 'compared', checked, found: own.length, healed: 0 }
  })
}

/** What is copied out of Postgres: the documents of shows and the live numbers. */
async function auditCopies(scene: Scene): Promise<Outcome> {
  return { results: [await auditDocuments(scene), await auditLive(scene)] }
}

/** The documents of shows, copied from the sums that the step before has put right. */
async function auditDocuments({ tx, venueId, runId }: Scene): Promise<Result> {
  const lease = await holdLease(tx, venueId)
  if (!lease) return behind('document')
  try {
    const { checked, drift } = await compareDocuments(tx, venueId)
    const findings = drift.map(({ showId, ...sums }): Finding => {
      return { store: 'document', place: { event: showId }, ...sums, healed: true }
    })
    await insertFindings(tx, venueId, runId, findings)
    const found = findings.length
    return { store: 'document', state: 'compared', checked, found, healed: found }
  } catch (error) {
    log('warn', 'documents could not be compared', { venue: venueId, ...describeFault(error) })
    return { ...behind('document'), state: 'unavailable' }
  }
}

/** The running day in Redis, where it holds the day as of the venue's last ingest. */
async function auditLive({ tx, venueId, runId, venue }: Scene): Promise<Result> {
  const { lastRecordedAt: asOf, settings } = venue
  const live: Result = { ...behind('live'), state: 'compared' }
  if (!asOf) return live
  const day = businessDayOf(Date.now(), settings)
  const stored = await fetchLive(venueId, day, asOf)
  if (!stored) return live
  const sums = await sumsIn({ tx, venueId, venue }, { from: day.start, to: day.end, asOf })
  const names = [...new Set([...stored.keys(), ...sums.keys()])]
  const differ = names.filter((name) => (stored.get(name) ?? 0n) !== (sums.get(name) ?? 0n))
  if (differ.length === 0) return { ...live, checked: 1 }
  const of = (some: typeof sums) =>
    Object.fromEntries(differ.map((name) => [name, Number(some.get(name) ?? 0n)]))
  const healed = await publishLive([{ venueId, day, asOf, sums }])
  const finding = { store: 'live', place: { date: day.date }, stored: of(stored) }
  await insertFindings(tx, venueId, runId, [{ ...finding, recomputed: of(sums), healed }])
  return { ...live, checked: 1, found: 1, healed: Number(healed) }
}

/** The raw archive and the platform's books: told, never changed. */
async function auditArchive({ tx, venueId, runId, venue, spans }: Scene): Promise<Outcome> {
  const platform: Result = { ...behind('platform'), state: 'compared' }
  for (const { from, to } of spans) {
    const told = await reconcile(tx, venueId, venue, { from, to: to + toldLaterMs })
    if (!told) return { results: [behind('platform')], archive: await archive() }
    const findings = told.differences.map((one): Finding => {
      const { counts, ...place } = one
      const of = (side: 'told' | 'counted') =>
        Object.fromEntries(counts.map((count) => [count.name, count[side]]))
      return {
        store: 'platform',
        place,
        stored: of('told'),
        recomputed: of('counted'),
        healed: false,
      }
    })
    await insertFindings(tx, venueId, runId, findings)
    platform.checked += told.compared
    platform.found += findings.length
  }
  return { results: [platform], archive: await archive() }

  async function archive(): Promise<ArchiveReport> {
    const keptSince = (await rawKeptSince(venueId, new Date())).getTime()
    return compareArchive(tx, venueId, { calendar: venue.settings, keptSince, spans })
  }
}

const behind = (store: string): Result => ({
  ...{ store, state: 'behind', checked: 0, found: 0, healed: 0 },
})

/** One result for each store. */
function summed(results: Result[]): Result[] {
  const stores = Map.groupBy(results, ({ store }) => store)
  return [...stores.values()].map((own) => {
    const sum = (name: 'checked' | 'found' | 'healed') =>
      own.reduce((total, one) => total + one[name], 0)
    const state = own.find((one) => one.state !== 'compared')?.state ?? 'compared'
    const store = own[0]?.store ?? ''
    return { store, state, checked: sum('checked'), found: sum('found'), healed: sum('healed') }
  })
}
