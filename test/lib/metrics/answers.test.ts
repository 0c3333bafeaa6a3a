import { event, paid, unique } from '../../support/events.ts'
import { ask, closeStores, deliver } from '../../support/service.ts'

afterAll(closeStores)

const days = { from: '2026-06-01', to: '2026-06-04', granularity: 'day' }
const euros = { data: { currency: 'EUR' } }

test('money of one currency is told at the top', async () => {
  const venue = unique('v')
  await deliver(paid(venue, euros), paid(venue, euros))
  const answer = await ask(venue, 'gross_revenue', days)
  expect([answer.currency, answer.total]).toEqual(['EUR', 18_200])
  expect(answer.series.map(({ key, total }) => [key, total])).toEqual([[{}, 18_200]])
})

test('money of several currencies is never one number', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue, euros), paid(venue, euros))
  for (const metric of ['gross_revenue', 'net_revenue', 'average_order_value']) {
    const answer = await ask(venue, metric, days)
    expect([answer.currency, answer.total]).toEqual([null, null])
    expect(answer.series.map(({ key }) => key)).toEqual([{ currency: 'EUR' }, { currency: 'USD' }])
  }
  const { series } = await ask(venue, 'gross_revenue', { ...days, group_by: 'channel' })
  expect(series.map(({ key, total }) => [key, total])).toEqual([
    [{ channel: 'online', currency: 'EUR' }, 18_200],
    [{ channel: 'online', currency: 'USD' }, 9100],
  ])
})

test('asked in one currency there is one number, others are left out', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue, euros))
  const answer = await ask(venue, 'gross_revenue', { ...days, currency: 'EUR' })
  expect([answer.currency, answer.total, answer.series.length]).toEqual(['EUR', 9100, 1])
  const none = await ask(venue, 'gross_revenue', { ...days, currency: 'JPY' })
  expect([none.currency, none.total]).toEqual(['JPY', 0])
})

test('counts do not care for currencies', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue, euros))
  const answer = await ask(venue, 'orders', days)
  expect([answer.currency, answer.total, answer.series.length]).toEqual([null, 2, 1])
})

test('a venue that nobody has written to answers zeros in UTC', async () => {
  const answer = await ask(unique('v'), 'gross_revenue', days)
  expect(answer).toMatchObject({
    tz: 'UTC',
    currency: 'USD',
    total: 0,
    series: [{ key: {}, total: 0 }],
  })
  expect(answer.series[0]?.points.map(({ value }) => value)).toEqual([0, 0, 0])
})

test('gaps are 0 where parts add up, and nothing where they do not', async () => {
  const venue = unique('v')
  await deliver(paid(venue, { occurred_at: '2026-06-02T12:00:00Z' }))
  const values = async (metric: string) =>
    (await ask(venue, metric, days)).series[0]?.points.map(({ value }) => value)
  expect(await values('gross_revenue')).toEqual([0, 9100, 0])
  expect(await values('average_order_value')).toEqual([null, 9100, null])
  expect(await values('unique_buyers')).toEqual([0, 0, 0])
})

test('what is no sum is computed for the whole', async () => {
  const venue = unique('v')
  const by = (customer: string, date: string, quantity: number) => {
    const told = { occurred_at: `2026-06-0${date}T12:00:00Z`, actor: { customer_id: customer } }
    return paid(venue, told, { quantity, unit_price_minor: 100 })
  }
  await deliver(by('c-1', '1', 1), by('c-1', '2', 2), by('c-2', '2', 6), paid(venue))
  const buyers = await ask(venue, 'unique_buyers', days)
  expect(buyers.series[0]?.points.map(({ value }) => value)).toEqual([1, 2, 0])
  expect(buyers.total).toBe(2)
  const average = await ask(venue, 'average_order_value', { ...days, from: '2026-06-02' })
  expect(average.series[0]?.points.map(({ value }) => value)).toEqual([400, null])
  const whole = await ask(venue, 'average_order_value', { ...days, granularity: 'none' })
  expect(whole.total).toBe((100 + 200 + 600 + 9100) / 4)
})

test('a bucket is complete once its end is past', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const hour = 3_600_000
  const now = Math.floor(Date.now() / hour) * hour
  const at = (ms: number) => new Date(ms).toISOString()
  const query = { from: at(now - 2 * hour), to: at(now + 2 * hour), granularity: 'hour' }
  const { series } = await ask(venue, 'orders', query)
  expect(series[0]?.points.map(({ complete }) => complete)).toEqual([true, true, false, false])
  const then = await ask(venue, 'orders', { ...query, asOf: at(now - hour) })
  expect(then.series[0]?.points.map(({ complete }) => complete)).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('groups by three dimensions, an absent value is null and comes last', async () => {
  const venue = unique('v')
  await deliver(
    paid(venue, { context: undefined, source: undefined }),
    paid(venue, { context: { channel: 'phone' } }, { ticket_type_id: 'box' }),
  )
  const query = { ...days, granularity: 'none', group_by: 'channel,ticket_type,source' }
  const { series } = await ask(venue, 'tickets_sold', query)
  expect(series.map(({ key }) => key)).toEqual([
    { channel: 'phone', ticket_type: 'box', source: 'checkout' },
    { channel: null, ticket_type: 'stalls', source: null },
  ])
})

test('filters keep what has one of the values, and what they name is not a pattern', async () => {
  const venue = unique('v')
  const odd = `a' or 'x'='x`
  await deliver(
    paid(venue, {}, { ticket_type_id: odd }),
    paid(venue, {}, { ticket_type_id: 'box' }),
  )
  const count = async (values: string) =>
    (await ask(venue, 'tickets_sold', { ...days, 'filter[ticket_type]': values })).total
  expect([await count(odd), await count('box,none'), await count('%')]).toEqual([2, 2, 0])
})

test('an order is counted by ticket type once for each type, once in the whole', async () => {
  const venue = unique('v')
  const items = ['box', 'box', 'stalls'].map((ticket_type_id) => ({
    ticket_type_id,
    quantity: 1,
    amount_minor: 100,
  }))
  await deliver(paid(venue, { data: { items } }))
  const answer = await ask(venue, 'orders', {
    ...days,
    granularity: 'none',
    group_by: 'ticket_type',
  })
  expect(answer.series.map(({ key, total }) => [key.ticket_type, total])).toEqual([
    ['box', 1],
    ['stalls', 1],
  ])
  expect(answer.total).toBe(1)
})

test('a day on which a ticket type was ordered but not paid averages zero', async () => {
  const venue = unique('v')
  const order = (date: string, type: string) =>
    paid(
      venue,
      { occurred_at: `2026-06-0${date}T12:00:00Z`, data: { order_id: 'o-1' } },
      { ticket_type_id: type },
    )
  await deliver(order('1', 'box'), order('2', 'stalls'))
  const query = { ...days, group_by: 'ticket_type', 'filter[ticket_type]': 'stalls' }
  const [stalls] = (await ask(venue, 'average_order_value', query)).series
  expect(stalls?.points.map(({ value }) => value)).toEqual([0, null, null])
})

test('a currency that only a corrected booking ever had is not told', async () => {
  const venue = unique('v')
  const order = (date: string, currency: string) =>
    paid(venue, { occurred_at: `2026-06-0${date}T12:00:00Z`, data: { order_id: 'o-1', currency } })
  const items = [{ ticket_type_id: 'stalls', quantity: 2 }]
  const cancelled = event(venue, 'order.cancelled', {
    occurred_at: '2026-06-03T12:00:00Z',
    data: { order_id: 'o-1', items },
  })
  for (const one of [order('2', 'USD'), cancelled, order('1', 'EUR')]) await deliver(one)
  const answer = await ask(venue, 'cancelled_value', days)
  expect([answer.currency, answer.total]).toEqual(['EUR', 9100])
})

test('a group that a late event emptied is not told', async () => {
  const venue = unique('v')
  const entry = (date: string, gate: string) =>
    event(venue, 'ticket.scanned', {
      occurred_at: `2026-06-0${date}T12:00:00Z`,
      data: { scan_id: date, ticket_id: 't-1', gate_id: gate, result: 'ok' },
    })
  for (const one of [entry('2', 'south'), entry('1', 'north')]) await deliver(one)
  const { series } = await ask(venue, 'admissions', { ...days, group_by: 'gate' })
  expect(series.map(({ key, total }) => [key, total])).toEqual([[{ gate: 'north' }, 1]])
})

test('a cancelled order of no tickets is in the groups of its lines, then and ever after', async () => {
  const venue = unique('v')
  const told = { data: { order_id: 'o-1' } }
  await deliver(
    paid(venue, told, { quantity: 0, unit_price_minor: undefined, amount_minor: 500 }),
    event(venue, 'order.cancelled', told),
  )
  const groups = async (dimension: string, asOf = {}) => {
    const query = { ...days, granularity: 'none', group_by: dimension, ...asOf }
    return await ask(venue, 'orders_cancelled', query)
  }
  expect((await groups('ticket_type')).series.map(({ key }) => key)).toEqual([
    { ticket_type: 'stalls' },
  ])
  const known = await groups('channel')
  expect(known.series.map(({ key, total }) => [key.channel, total])).toEqual([['online', 1]])
  // An order in two groups: from now on groups of orders are counted by their lines.
  const split = { data: { order_id: 'o-2' } }
  await deliver(paid(venue, split), paid(venue, { ...split, context: { channel: 'phone' } }))
  expect(await groups('channel', { asOf: known.asOf })).toEqual(known)
})
