import { countOutbox } from '../archive/store.ts'
import { readIntake } from '../intake/store.ts'
import { totalOf } from '../intake/tally.ts'
import { inSnapshot, type Snapshot } from '../metrics/ask.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { countWaiting } from '../quarantine/store.ts'
import { readGauge } from '../realtime/gauges.ts'
import { type Kpi, kpisOf } from '../realtime/kpi.ts'
import { businessDayOf } from '../time/periods.ts'
import type { Channel, Kind } from './channel.ts'
import { doorsOf, salesOf } from './shows.ts'

/** The numbers of a venue's summary, in the order they are told. */
const summaryMetrics = [
  'orders', 'tickets_sold', 'gross_revenue', 'net_revenue', 'refunds', 'tickets_cancelled',
  'admissions', 'inside_now', 'page_views',
] // biome-ignore format: one list
const quarterMs = 15 * 60_000

export type States = {
  asOf: string
  /** JSON by name of channel. */
  states: Map<string, string>
}

/**
 * What the channels of a venue say now, all from one snapshot. The cost is of the channels and of
 * what they ask, never of how many listen.
 */
export async function statesOf(venueId: string, channels: Channel[], now: Date): Promise<States> {
  return inSnapshot(venueId, async (snapshot) => {
    const states = new Map<string, string>()
    const tell = (channel: Channel, state: unknown) =>
      states.set(channel.name, JSON.stringify(state))
    const of = (kind: Kind) => channels.filter((channel) => channel.kind === kind)
    const kpis = await kpisFor(snapshot, channels, now.getTime())
    for (const channel of of('summary')) {
      const { date } = businessDayOf(now.getTime(), snapshot.venue.settings)
      const told = summaryMetrics.flatMap((name) => kpis.get(name) ?? [])
      tell(channel, { date, kpis: told })
    }
    for (const channel of of('metric')) tell(channel, metricState(channel, kpis))
    const [sales, doors, gauges, quality] = [
      of('sales'),
      of('door'),
      of('gauge'),
      of('data-quality'),
    ]
    const sold = sales.length ? await salesOf(snapshot, sales.map(subjectOf), now.getTime()) : null
    for (const channel of sales) tell(channel, sold?.get(subjectOf(channel)))
    const at = doors.length ? await doorsOf(snapshot, doors.map(subjectOf), now.getTime()) : null
    for (const channel of doors) tell(channel, at?.get(subjectOf(channel)))
    // Gauge after gauge: each is a question of its own, and a venue has few.
    for (const channel of gauges) {
      const name = subjectOf(channel)
      const none = { name, current: null, max: null, percentage: null }
      tell(channel, (await readGauge(snapshot, name, now.getTime())) ?? none)
    }
    for (const channel of quality) tell(channel, await qualityOf(snapshot, now.getTime()))
    return { asOf: snapshot.asOf, states }
  })
}

const subjectOf = (channel: Channel): string => ('subject' in channel ? channel.subject : '')

async function kpisFor(snapshot: Snapshot, channels: Channel[], now: number) {
  const names = channels.flatMap((channel) =>
    channel.kind === 'summary'
      ? summaryMetrics
      : channel.kind === 'metric'
        ? [channel.subject]
        : [],
  )
  const metrics = [...new Set(names)].flatMap((name) => catalogue.get(name) ?? [])
  const kpis = metrics.length > 0 ? await kpisOf(snapshot, metrics, now) : []
  const own = snapshot.venue.settings.currency
  const byMetric = Map.groupBy(kpis, ({ metric }) => metric)
  // The venue's own currency first: it is what a metric's channel shows at once.
  for (const told of byMetric.values()) {
    told.sort((a, b) => Number(b.currency === own) - Number(a.currency === own))
  }
  return byMetric
}

// A metric is told as it is; money of more currencies than one brings the others along.
function metricState(channel: Channel, kpis: Map<string, Kpi[]>) {
  const [first, ...others] = kpis.get(subjectOf(channel)) ?? []
  return others.length > 0 ? { ...first, otherCurrencies: others } : first
}

async function qualityOf({ tx, venueId, venue }: Snapshot, now: number) {
  const quarter = Math.floor(now / quarterMs) * quarterMs
  const rows = await readIntake(tx, venueId, quarter - quarterMs, quarter + quarterMs)
  return {
    lastReceivedAt: venue.lastRecordedAt,
    /** The longest time from sending to the count, in this quarter hour and the one before. */
    maxLagSeconds: totalOf(rows).lagMs / 1000,
    daysStale: venue.daysStale,
    waiting: { ...(await countWaiting(tx, venueId)), outbox: await countOutbox(tx, venueId) },
  }
}
