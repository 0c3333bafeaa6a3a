/**
 * The answer to one question of a venue, by looking at every row of counting.mjs. Shares no line
 * with the service.
 */

const revenue = 'gross_revenue net_revenue average_order_value discounts taxes fees'
const money = new Set(`${revenue} refunds chargebacks cancelled_value`.split(' '))

/** Whether a metric is an amount of money: then every number of it is of one currency. */
export const isMoney = (metric) => money.has(metric)

// What distinct things are counted from: orders stand where and when they were booked, but in every
// group that has a line of theirs.
const counted = {
  orders: { lines: 'line_order', by: 'order' },
  orders_cancelled: { lines: 'line_cancelled', by: 'order' },
  unique_buyers: { lines: 'line_paid', by: 'customer' },
}

/**
 * `{ starts, series, total, currencies }`: the starts of the buckets (instants), for each group that
 * has anything its total and its points, the whole, and the currencies met. A group's key is the
 * JSON of the values of `groupBy`, after them the currency where the metric is money. Numbers are 0
 * in gaps, ratios null.
 */
export function answerTo(rows, question, clock) {
  const { metric, from, to, granularity, groupBy } = question
  const starts = clock.starts(from, to, granularity)
  const own = rows.filter((row) => isAsked(row, question))
  const names =
    isMoney(metric) && !groupBy.includes('currency') ? [...groupBy, 'currency'] : groupBy
  const keyOf = (row) => JSON.stringify(names.map((name) => row[name] ?? null))
  const series = {}
  for (const [key, group] of Map.groupBy(own, keyOf)) {
    const points = Map.groupBy(group, ({ at }) => starts.findLast((start) => start <= at))
    series[key] = {
      total: numberOf(metric, group),
      points: starts.map((start) => numberOf(metric, points.get(start) ?? [])),
    }
  }
  const needed = own.filter((row) => isPartOf(row, metric))
  const currencies = new Set(needed.map((row) => row.currency ?? null))
  return { starts, series, total: numberOf(metric, own), currencies }
}

function isAsked(row, { from, to, filters, currency, includeTest }) {
  if (row.at < from || row.at >= to || (row.test && !includeTest)) return false
  if (currency && row.currency !== currency) return false
  return filters.every(({ dimension, op, values }) => {
    const value = row[dimension] ?? null
    switch (op) {
      case 'eq':
      case 'in':
        return values.includes(value)
      case 'neq':
      case 'not_in':
        return !values.includes(value)
      case 'exists':
        return value !== null
      default:
        return value === null
    }
  })
}

function numberOf(metric, rows) {
  if (metric === 'average_order_value') {
    const orders = numberOf('orders', rows)
    return orders === 0 ? null : numberOf('gross_revenue', rows) / orders
  }
  const distinct = counted[metric]
  if (distinct) {
    const lines = rows.filter((row) => row.metric === distinct.lines)
    return new Set(lines.map((row) => row[distinct.by]).filter((id) => id !== undefined)).size
  }
  return rows.reduce((sum, row) => (row.metric === metric ? sum + row.value : sum), 0)
}

function isPartOf(row, metric) {
  if (metric === 'average_order_value') return ['gross_revenue', 'line_order'].includes(row.metric)
  return row.metric === (counted[metric]?.lines ?? metric)
}
