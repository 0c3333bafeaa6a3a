import { Refusal } from '../errors.ts'
import type { Dimension } from '../ledger/entry.ts'
import { type Value, written } from '../metrics/answer.ts'
import { inSnapshot, numbersOf, type Snapshot } from '../metrics/ask.ts'
import { catalogue } from '../metrics/catalogue.ts'
import type { Filter } from '../metrics/question.ts'
import { latestValue, sumValues } from '../own-metrics/store.ts'
import { showsOfDay, showsToCome } from '../shows/store.ts'
import { businessDayOf } from '../time/periods.ts'
import { percentOf } from './percent.ts'
import type { Gauge } from './schema.ts'
import { isStale } from './stale.ts'

type Reading = { current: number; max: number | null }
type Read = (snapshot: Snapshot, now: number) => Promise<Reading | null>

const dayMs = 86_400_000

/**
 * Where a value stands against its most: `inside`, `sold`, or a metric of the venue's own, whose
 * latest value stands against the highest of the same business day.
 */
export async function askGauge(venueId: string, name: string, now: Date): Promise<Gauge> {
  return inSnapshot(venueId, async (snapshot) => {
    const reading = await readGauge(snapshot, name, now.getTime())
    if (!reading) throw new Refusal('not_found', 'There is no such gauge')
    const { asOf } = snapshot
    return { ...reading, asOf, stale: isStale(asOf, now) }
  })
}

/** What a gauge shows in a snapshot; null where there is none of the name. */
export async function readGauge(
  snapshot: Snapshot,
  name: string,
  now: number,
): Promise<Omit<Gauge, 'asOf' | 'stale'> | null> {
  const read: Read = gauges.get(name) ?? ((of) => ownMetric(of, name))
  const reading = await read(snapshot, now)
  return reading && { name, ...reading, percentage: percentageOf(reading.current, reading.max) }
}

/** Null where there is nothing to be a part of. */
export const percentageOf = (current: number, max: number | null): number | null =>
  max === null || max <= 0 ? null : percentOf(current, max)

/** People let in and not out on the running day, against the capacity of the day's shows. */
async function inside(snapshot: Snapshot, now: number): Promise<Reading> {
  const { tx, venueId, venue } = snapshot
  const day = businessDayOf(now, venue.settings)
  const asked = { from: day.start, to: day.end, groupBy: ['event' as const], filters: [] }
  const numbers = await totalsOf(snapshot, 'inside_now', asked)
  const scanned = numbers.groups.map(({ key }) => key[0] ?? null)
  const ids = scanned.filter((id) => id !== null)
  const capacities = await showsOfDay(tx, venueId, { from: day.start, to: day.end, ids })
  // A show of which nothing but a scan is known has no capacity that anybody knows.
  const isAnyUnknown = scanned.some((id) => id === null || !capacities.some((c) => c.id === id))
  return { current: numberOf(numbers.total), max: isAnyUnknown ? null : sumOf(capacities) }
}

/** Tickets sold and not cancelled of the shows that are not over yet, against their capacity. */
async function sold(snapshot: Snapshot, now: number): Promise<Reading> {
  const { tx, venueId, venue } = snapshot
  const day = businessDayOf(now, venue.settings)
  const shows = await showsToCome(tx, venueId, { now, dayStart: day.start })
  if (shows.length === 0) return { current: 0, max: null }
  const values = shows.map(({ id }) => id)
  const filters: Filter[] = [{ dimension: 'event', op: 'in', values }]
  // All of their sales: the first may have been years ago, a clock may be some minutes ahead.
  const asked = { from: 0, to: day.end + dayMs, groupBy: [], filters }
  const { total } = await totalsOf(snapshot, 'tickets_net', asked)
  return { current: numberOf(total), max: sumOf(shows) }
}

async function ownMetric({ tx, venueId, venue }: Snapshot, name: string): Promise<Reading | null> {
  const latest = catalogue.has(name) ? undefined : await latestValue(tx, venueId, name)
  if (!latest) return null
  const day = businessDayOf(latest.occurredAt.getTime(), venue.settings)
  const { max } = await sumValues(tx, venueId, name, { from: day.start, to: day.end })
  return { current: latest.value, max }
}

const gauges = new Map<string, Read>([
  ['inside', inside],
  ['sold', sold],
])

async function totalsOf(
  snapshot: Snapshot,
  name: string,
  asked: { from: number; to: number; groupBy: Dimension[]; filters: Filter[] },
) {
  const metric = catalogue.get(name)
  if (!metric) throw new Error(`${name} is not in the catalogue`)
  return numbersOf(snapshot, {
    metric,
    ...asked,
    granularity: 'none',
    timeZone: snapshot.venue.settings.timeZone,
    starts: [asked.from],
    currency: null,
    includeTest: false,
    asOf: null,
  })
}

const numberOf = (total: Value): number => written(total) ?? 0

/** The capacity of all shows; null where that of one is not known, or there is none. */
function sumOf(shows: { capacity: number | null }[]): number | null {
  if (shows.length === 0) return null
  return shows.reduce<number | null>(
    (sum, { capacity }) => (sum === null || capacity === null ? null : sum + capacity),
    0,
  )
}
