import { paid, type Sent } from '../support/events.ts'
import { type LiveSystem, type Mark, paced, until } from './live-system.ts'
import { currentIn, type Heard, type Watcher, watchVenue } from './live-watcher.ts'
import { type Line, quantile } from './section.ts'

const channels = [
  'metric:orders',
  'metric:tickets_sold',
  'metric:gross_revenue',
  'summary',
  'event:show-1:sales',
]
const orderMinor = 9100

export type Measured = { lines: Line[]; watchers: { venueId: string; watcher: Watcher }[] }

/** 50 events a second for 20 seconds, each a message: when is each of them on the socket? */
export async function measureSteady(system: LiveSystem): Promise<Measured> {
  const venueId = 'steady'
  const watcher = await begin(system, venueId)
  const marks: Mark[] = []
  // Ten at a time, five times a second, as one request to the queue takes them.
  await paced(100, 200, async () => {
    const events = Array.from({ length: 10 }, () => orderAt(venueId))
    for (const { event_id } of events) marks.push({ eventId: event_id, at: Date.now() })
    await system.send(events)
  })
  await settled(watcher, venueId, marks.length)
  const ms = await lags(system, venueId, marks, watcher.toldIn(nameOf(venueId, 'metric:orders')))
  return {
    watchers: [{ venueId, watcher }],
    lines: [
      { what: '50 events/s: sent to told, p50', unit: 'ms', runs: [quantile(ms, 0.5)] },
      {
        what: '50 events/s: sent to told, p95',
        unit: 'ms',
        runs: [quantile(ms, 0.95)],
        target: { most: 2000 },
      },
      none('50 events/s: gaps in seq', watcher.gaps()),
      none('50 events/s: last values that are wrong', wrongLast(watcher, venueId, marks.length)),
    ],
  }
}

/** 1,000 events a second for ten seconds, in arrays of 100, into one venue. */
export async function measureBurst(system: LiveSystem): Promise<Measured> {
  const venueId = 'burst'
  const watcher = await begin(system, venueId)
  const startedAt = Date.now()
  await paced(100, 100, () => system.send([Array.from({ length: 100 }, () => orderAt(venueId))]))
  const sentMs = Date.now() - startedAt
  const endedAt = Date.now()
  await settled(watcher, venueId, 10_000)
  const orders = watcher.toldIn(nameOf(venueId, 'metric:orders'))
  const whole = orders.find((one) => currentIn(one) === 10_000)
  return {
    watchers: [{ venueId, watcher }],
    lines: [
      {
        what: '1,000 events/s: sent in',
        unit: 's',
        runs: [sentMs / 1000],
        target: { most: 11 },
      },
      {
        what: '1,000 events/s: between two updates of a channel, least',
        unit: 'ms',
        runs: [leastBetween(watcher)],
        target: { least: 1000 },
      },
      {
        what: '1,000 events/s: last sent to last told',
        unit: 'ms',
        runs: [whole === undefined ? Number.NaN : whole.at - endedAt],
      },
      none('1,000 events/s: gaps in seq', watcher.gaps()),
      none('1,000 events/s: last values that are wrong', wrongLast(watcher, venueId, 10_000)),
    ],
  }
}

/** A figure that must be none. */
export const none = (what: string, count: number): Line => ({
  what,
  unit: '',
  runs: [count],
  target: { most: 0 },
})

export const nameOf = (venueId: string, channel: string) => `venue:${venueId}:${channel}`

/** A paid order of now: two tickets, 91.00. */
export const orderAt = (venueId: string, line: object = {}): Sent =>
  paid(venueId, { occurred_at: new Date().toISOString() }, line)

/** From the sending of each event to the first message whose `asOf` is not before its record, in ms. */
export async function lags(system: LiveSystem, venueId: string, marks: Mark[], told: Heard[]) {
  const recorded = await system.recorded(venueId)
  return marks.map(({ eventId, at }) => {
    const recordedAt = recorded.get(eventId)
    const first = told.find(({ asOf }) => recordedAt !== undefined && asOf >= recordedAt)
    if (!first) throw new Error(`${eventId} was never told`)
    return first.at - at
  })
}

/** Waits until the orders are told, and two seconds longer: the other channels come along. */
export async function settled(watcher: Watcher, venueId: string, orders: number) {
  await until(`${orders} orders told`, () => {
    return (currentIn(watcher.last(nameOf(venueId, 'metric:orders'))) ?? 0) >= orders
  })
  await new Promise((resolve) => setTimeout(resolve, 2000))
}

async function begin(system: LiveSystem, venueId: string): Promise<Watcher> {
  await system.open([venueId])
  const watcher = await watchVenue(system, venueId, channels)
  await until('subscribed', watcher.isSubscribed)
  return watcher
}

/** How many channels say last something else than so many orders. */
function wrongLast(watcher: Watcher, venueId: string, orders: number): number {
  const expected = { orders, tickets_sold: 2 * orders, gross_revenue: orderMinor * orders }
  const last = (channel: string) => watcher.last(nameOf(venueId, channel))
  const { kpis = [] } = (last('summary')?.data ?? {}) as { kpis?: Told[] }
  const { values = [] } = (last('event:show-1:sales')?.data ?? {}) as { values?: Told[] }
  return Object.entries(expected).filter(([name, value]) => {
    const told = [
      currentIn(last(`metric:${name}`)),
      kpis.find(({ metric }) => metric === name)?.current,
      values.find(({ metric }) => metric === name)?.value,
    ]
    return told.some((one) => one !== value)
  }).length
}

type Told = { metric: string; current?: number; value?: number }

// By the time in the message: what the network does afterwards is not the service's pace.
function leastBetween(watcher: Watcher): number {
  return Math.min(
    ...watcher.channels.flatMap((channel) => {
      const times = watcher.toldIn(channel).flatMap(({ type, ts }) => {
        return type === 'update' ? [Date.parse(ts)] : []
      })
      return times.slice(1).map((time, i) => time - (times[i] ?? 0))
    }),
  )
}
