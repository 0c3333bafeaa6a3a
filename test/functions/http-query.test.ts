import { handler as metrics } from '../../functions/http/metrics.ts'
import { TableAnswer } from '../../lib/metrics/table-schema.ts'
import { event, paid, unique } from '../support/events.ts'
import { call, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const route = 'POST /v1/venues/{venueId}/query'
const june = { from: '2026-06-01', to: '2026-07-01' }

const query = (venueId: string, body: object) =>
  call(metrics, route, { caller: { venues: { [venueId]: 'viewer' } }, params: { venueId }, body })

async function season(): Promise<string> {
  const venue = unique('v')
  const show = (id: string) => ({ event_ref: { event_id: id } })
  await deliver(
    paid(venue, { ...show('a'), context: { channel: 'online' } }),
    paid(venue, { ...show('a'), context: { channel: 'box_office' } }, { quantity: 3 }),
    paid(venue, { ...show('b'), context: {} }),
    event(venue, 'page.viewed', show('a')),
  )
  return venue
}

test('several measures by dimension are one table, in the order asked', async () => {
  const venue = await season()
  const { status, body } = await query(venue, {
    measures: ['orders', 'gross_revenue', 'average_order_value'],
    dimensions: ['event'],
    time: june,
    order: [{ by: 'gross_revenue', dir: 'desc' }],
  })
  expect(status).toBe(200)
  expect(TableAnswer.parse(body).columns).toEqual([
    { name: 'event', unit: 'text' },
    { name: 'orders', unit: 'count' },
    { name: 'gross_revenue', unit: 'minor', currency: 'USD' },
    { name: 'average_order_value', unit: 'minor', currency: 'USD' },
  ])
  expect(body.rows).toEqual([
    ['a', 2, 22750, 11375],
    ['b', 1, 9100, 9100],
  ])
})

test.each([
  [{ op: 'eq', values: ['online'] }, 1],
  [{ op: 'neq', values: ['online'] }, 2],
  [{ op: 'in', values: ['online', 'box_office'] }, 2],
  [{ op: 'not_in', values: ['online', 'box_office'] }, 1],
  [{ op: 'exists' }, 2],
  [{ op: 'not_exists' }, 1],
])('the filter %j finds %i orders', async (filter, orders) => {
  const venue = await season()
  const { body } = await query(venue, {
    measures: ['orders'],
    filters: [{ dimension: 'channel', ...filter }],
    time: june,
  })
  expect(body.rows).toEqual([[orders]])
})

test('with a granularity the first column is the time, and gaps are filled', async () => {
  const venue = await season()
  const { body } = await query(venue, {
    measures: ['orders', 'average_order_value'],
    time: { from: '2026-05-31', to: '2026-06-02', granularity: 'day' },
  })
  expect(body.rows).toEqual([
    ['2026-05-31T00:00:00+00:00', 0, null],
    ['2026-06-01T00:00:00+00:00', 3, 31850 / 3],
  ])
})

test('money of two currencies is never one sum: each row has its currency', async () => {
  const venue = await season()
  await deliver(paid(venue, { data: { currency: 'EUR' } }))
  const { body } = await query(venue, { measures: ['gross_revenue', 'orders'], time: june })
  expect(body.columns.map((column: { name: string }) => column.name)).toEqual([
    'currency',
    'gross_revenue',
    'orders',
  ])
  expect(body.rows).toEqual([
    ['EUR', 9100, 1],
    ['USD', 31850, 3],
  ])
})

test('pages of one answer join to the whole, whatever is counted meanwhile', async () => {
  const venue = await season()
  const asked = { measures: ['orders'], dimensions: ['event', 'channel'], time: june }
  const whole = await query(venue, asked)
  const first = await query(venue, { ...asked, limit: 2 })
  await deliver(paid(venue, { event_ref: { event_id: 'A' } }), paid(venue))
  const second = await query(venue, { ...asked, limit: 2, cursor: first.body.nextCursor })
  expect([...first.body.rows, ...second.body.rows]).toEqual(whole.body.rows)
  expect(second.body.asOf).toBe(first.body.asOf)
  expect(second.body.nextCursor).toBeNull()
  const other = { ...asked, measures: ['tickets_sold'], limit: 2, cursor: first.body.nextCursor }
  expect((await query(venue, other)).status).toBe(400)
})

test.each([
  [{ measures: ['nonsense'] }, 'measures.0'],
  [{ measures: [] }, 'measures'],
  [{ dimensions: ['seat'] }, 'dimensions.0'],
  [{ filters: [{ dimension: 'channel', op: 'like', values: ['x'] }] }, 'filters.0.op'],
  [{ time: { from: 'yesterday', to: '2026-07-01' } }, 'time.from'],
  [{ order: [{ by: 'price' }] }, 'order.0.by'],
  [{ sort: 'x' }, 'sort'],
])('%j is refused and %s is named', async (wrong, path) => {
  const venue = unique('v')
  const { status, body } = await query(venue, { measures: ['orders'], time: june, ...wrong })
  expect(status).toBe(400)
  expect(body.issues.map((issue: { path: string }) => issue.path)).toContain(path)
})

test('a table of too many rows is refused, never cut', async () => {
  const { status, body } = await query(unique('v'), {
    measures: ['orders'],
    time: { from: '2020-01-01', to: '2026-01-01', granularity: 'minute' },
  })
  expect([status, body.code]).toEqual([422, 'unprocessable'])
  expect(body.issues).toMatchObject([{ path: 'time.granularity', code: 'too_many_points' }])
})
