/**
 * node test/oracle/brute-force.mjs EVENTS.ndjson: every metric of the contract, computed from the
 * events alone by a program that shares no line with the service. Prints
 * { venue: { metric: { grouping: { key: value } } } }; keys are JSON arrays, those of money begin
 * with the currency. `all` is the whole with test events, everything else leaves them out.
 */
import { readFileSync } from 'node:fs'
import { clockOf } from './clock.mjs'
import { rowsOf } from './counting.mjs'

const dims = 'event session ticket_type channel currency promo_code gate scan_reason source'
const dimensions = dims.split(' ')
const granularities = ['minute', '5min', 'hour', 'day', 'week', 'month']
const groupings = ['none', 'all', ...granularities, ...dimensions]
const money = new Set(
  'gross_revenue discounts taxes fees refunds chargebacks net_revenue cancelled_value'.split(' '),
)

function metricsOf(own) {
  const { timezone, day_start, week_start } = own.find(
    (event) => event.type === 'venue.updated',
  ).data
  const clock = clockOf(timezone, day_start, week_start)
  const counted = rowsOf(own)
  const metrics = {}
  for (const [metric, rows] of Map.groupBy(counted, (row) => row.metric)) {
    if (metric.startsWith('line_')) continue
    metrics[metric] = grouped(rows, clock, money.has(metric), sum)
  }
  const of = (name) => counted.filter((row) => row.metric === name)
  const buyers = of('line_paid').filter((row) => row.customer !== undefined)
  metrics.unique_buyers = grouped(buyers, clock, false, (rows) => distinct(rows, 'customer'))
  // In groups, orders with a line of the group; an order may have lines in several.
  const orders = (rows) => distinct(rows, 'order')
  for (const [metric, lines] of [
    ['orders', of('line_order')],
    ['orders_cancelled', of('line_cancelled')],
  ]) {
    const groups = grouped(lines, clock, false, orders)
    for (const name of dimensions) if (metrics[metric]) metrics[metric][name] = groups[name]
  }
  metrics.average_order_value = averages(
    grouped(of('gross_revenue'), clock, true, sum),
    grouped(of('line_order'), clock, true, orders),
  )
  return metrics
}

const sum = (rows) => rows.reduce((total, row) => total + row.value, 0)
const distinct = (rows, name) => new Set(rows.map((row) => row[name])).size

function averages(tops, bottoms) {
  return Object.fromEntries(
    groupings.map((grouping) => [
      grouping,
      Object.fromEntries(
        Object.entries(bottoms[grouping])
          .filter(([, bottom]) => bottom !== 0)
          .map(([key, bottom]) => [key, (tops[grouping][key] ?? 0) / bottom]),
      ),
    ]),
  )
}

function grouped(rows, clock, isMoney, reduce) {
  const keyOf = (row, grouping) => {
    if (grouping === 'none' || grouping === 'all') return []
    if (grouping in clock) return [clock.written(clock[grouping](row.at))]
    return [row[grouping] ?? null]
  }
  const real = rows.filter((row) => !row.test)
  return Object.fromEntries(
    groupings.map((grouping) => {
      const whole = grouping === 'all' ? rows : real
      const isSplit = isMoney && grouping !== 'currency'
      const groups = Map.groupBy(whole, (row) =>
        JSON.stringify([...(isSplit ? [row.currency] : []), ...keyOf(row, grouping)]),
      )
      return [grouping, Object.fromEntries([...groups].map(([key, group]) => [key, reduce(group)]))]
    }),
  )
}

const events = readFileSync(process.argv[2], 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l))
const answer = {}
for (const [venueId, own] of Map.groupBy(events, (event) => event.venue_id)) {
  answer[venueId] = metricsOf(own)
}
process.stdout.write(JSON.stringify(answer))
