import type { Dimension } from '../ledger/entry.ts'
import { emptyValue, type Numbers, written } from '../metrics/answer.ts'
import { numbersOf, type Snapshot } from '../metrics/ask.ts'
import { catalogue, isMoney, type Metric } from '../metrics/catalogue.ts'
import { businessDayOf } from '../time/periods.ts'
import { formatInstant } from '../time/zones.ts'

type Time = { from: number; to: number }

const minuteMs = 60_000
/** Gates and reasons that are told at most: the busiest. */
const maxListed = 50

const salesMetrics = [
  'orders', 'tickets_sold', 'tickets_cancelled', 'comps', 'gross_revenue', 'net_revenue', 'refunds',
] // biome-ignore format: one list
const doorMetrics = ['admissions', 'inside_now', 'scans_accepted', 'scans_rejected']

/**
 * What the shows have sold since ever. The planner is asked once for each metric, whatever the
 * number of shows.
 */
export async function salesOf(snapshot: Snapshot, shows: string[], now: number) {
  const { settings } = snapshot.venue
  const window = { from: 0, to: businessDayOf(now, settings).end }
  const values = await valuesOf(snapshot, salesMetrics, shows, window)
  return new Map(
    shows.map((show) => [
      show,
      { event: show, window: told(window, snapshot), values: values.get(show) ?? [] },
    ]),
  )
}

/** What happens at the doors of the shows in the running day, gate by gate in the last full minute. */
export async function doorsOf(snapshot: Snapshot, shows: string[], now: number) {
  const { start, end } = businessDayOf(now, snapshot.venue.settings)
  const day = { from: start, to: end }
  const thisMinute = Math.floor(now / minuteMs) * minuteMs
  const minute = { from: thisMinute - minuteMs, to: thisMinute }
  const values = await valuesOf(snapshot, doorMetrics, shows, day)
  const rejects = await partsOf(snapshot, 'scans_rejected', 'scan_reason', shows, day)
  const gates = await partsOf(snapshot, 'scans_accepted', 'gate', shows, minute)
  return new Map(
    shows.map((show) => [
      show,
      {
        event: show,
        window: told(day, snapshot),
        values: values.get(show) ?? [],
        rejects: (rejects.get(show) ?? []).map(([reason, scans]) => ({ reason, scans })),
        lastMinute: {
          ...told(minute, snapshot),
          gates: (gates.get(show) ?? []).map(([gate, scans]) => ({ gate, scans })),
        },
      },
    ]),
  )
}

type Told = { metric: string; unit: string; currency: string | null; value: number | null }

async function valuesOf(snapshot: Snapshot, names: string[], shows: string[], time: Time) {
  const found = new Map<string, Told[]>(shows.map((show) => [show, []]))
  // One connection: the questions take turns on it.
  for (const metric of names.flatMap((name) => catalogue.get(name) ?? [])) {
    const numbers = await ask(snapshot, metric, shows, ['event'], time)
    for (const show of shows) {
      const own = numbers.groups.filter(({ key }) => key[0] === show)
      found.get(show)?.push(...valuesIn(own, metric, snapshot.venue.settings.currency))
    }
  }
  return found
}

function valuesIn(groups: Numbers['groups'], metric: Metric, ownCurrency: string): Told[] {
  const { name, unit } = metric
  const told = groups.map(({ key, total }) => ({
    metric: name,
    unit,
    currency: isMoney(metric) ? (key[1] ?? null) : null,
    value: written(total ?? emptyValue(metric)),
  }))
  if (told.length > 0)
    return told.sort((a, b) => ((a.currency ?? '') < (b.currency ?? '') ? -1 : 1))
  const currency = isMoney(metric) ? ownCurrency : null
  return [{ metric: name, unit, currency, value: written(emptyValue(metric)) }]
}

async function partsOf(
  snapshot: Snapshot,
  name: string,
  dimension: Dimension,
  shows: string[],
  time: Time,
) {
  const metric = catalogue.get(name)
  if (!metric) throw new Error(`${name} is a metric of the catalogue`)
  const { groups } = await ask(snapshot, metric, shows, ['event', dimension], time)
  const parts = new Map<string, [part: string | null, count: number][]>()
  for (const { key, total } of groups) {
    const [show = null, part = null] = key
    if (show === null) continue
    parts.set(show, [...(parts.get(show) ?? []), [part, written(total) ?? 0]])
  }
  const ordered = [...parts].map(
    ([show, own]) =>
      [show, own.sort(([a, n], [b, m]) => m - n || ((a ?? '') < (b ?? '') ? -1 : 1))] as const,
  )
  return new Map(ordered.map(([show, own]) => [show, own.slice(0, maxListed)]))
}

const ask = (
  snapshot: Snapshot,
  metric: Metric,
  shows: string[],
  groupBy: Dimension[],
  { from, to }: Time,
) =>
  numbersOf(snapshot, {
    metric,
    from,
    to,
    granularity: 'none',
    timeZone: snapshot.venue.settings.timeZone,
    starts: [from],
    groupBy,
    filters: [{ dimension: 'event', op: 'in', values: shows }],
    currency: null,
    includeTest: false,
    asOf: null,
  })

const told = ({ from, to }: Time, { venue }: Snapshot) => ({
  from: formatInstant(from, venue.settings.timeZone),
  to: formatInstant(to, venue.settings.timeZone),
})
