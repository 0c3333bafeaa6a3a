import { exportTypes } from '../../../lib/exports/files/all.ts'
import { catalogue } from '../../../lib/metrics/catalogue.ts'
import { event, paid, unique } from '../../support/events.ts'
import {
  askedOf,
  expectTotalsOfApi,
  type FileQuestion,
  type Line,
  linesOf,
  totalsOf,
} from '../../support/export-lines.ts'
import { ask, closeStores, deliver } from '../../support/service.ts'

afterAll(closeStores)

const year = { from: '2026-01-01', to: '2027-01-01' }
const now = async (venueId: string) => (await ask(venueId, 'orders', year)).asOf

/** The lines of a file of the year 2026 as of now, or of another question. */
async function file(venueId: string, name: string, question: Partial<FileQuestion> = {}) {
  const asked = await askedOf(venueId, { ...year, asOf: await now(venueId), ...question })
  return linesOf(venueId, name, asked)
}

const of = (order_id: string, currency = 'EUR') => ({ order_id, currency })
const item = (ticket_type_id: string, quantity: number, amount_minor: number, more = {}) => ({
  ...{ ticket_type_id, quantity, amount_minor },
  ...more,
})

/** A venue of Berlin whose days begin at six, with something of every kind around a Sunday. */
async function fill(venue: string): Promise<void> {
  const at = (time: string) => ({ occurred_at: `2026-03-29T${time}+02:00` })
  const hamlet = { event_ref: { event_id: 'hamlet', session_id: 'evening' } }
  await deliver(
    event(venue, 'venue.updated', {
      occurred_at: '2020-01-01T00:00:00Z',
      data: { timezone: 'Europe/Berlin', currency: 'EUR', day_start: '06:00' },
    }),
    paid(venue, {
      ...at('05:59:59'),
      ...hamlet,
      event_id: `${venue}-1`,
      context: { channel: 'box_office' },
      actor: { customer_id: 'jane' },
      data: {
        ...of('o-1'),
        promo_code: 'EARLY',
        items: [
          item('stalls', 2, 12_100, { tax_minor: 2100, fees_minor: 300 }),
          item('circle', 1, 0, { is_comp: true }),
        ],
      },
    }),
    paid(venue, {
      ...at('06:00:00'),
      ...hamlet,
      event_id: `${venue}-2`,
      data: {
        ...of('o-2'),
        items: [item('stalls', 1, 6050, { discount_minor: 600, tax_minor: 250 })],
      },
    }),
    paid(venue, {
      ...at('12:00:00'),
      event_id: `${venue}-3`,
      event_ref: { event_id: 'lear' },
      context: {},
      data: { ...of('o-3', 'JPY'), items: [item('stalls', 3, 9000)] },
    }),
    paid(venue, {
      ...at('12:30:00'),
      test_mode: true,
      data: { ...of('o-4'), items: [item('stalls', 1, 500)] },
    }),
  )
  await deliver(
    event(venue, 'refund.completed', {
      ...at('13:00:00'),
      ...hamlet,
      event_id: `${venue}-4`,
      data: {
        ...of('o-1'),
        refund_id: 'r-1',
        amount_minor: 7000,
        items: [item('stalls', 1, 6050)],
      },
    }),
    event(venue, 'order.cancelled', {
      ...at('13:30:00'),
      event_id: `${venue}-5`,
      event_ref: undefined,
      data: { order_id: 'o-1', items: [{ ticket_type_id: 'stalls', quantity: 1 }] },
    }),
    event(venue, 'chargeback.opened', {
      ...at('14:00:00'),
      ...hamlet,
      event_id: `${venue}-6`,
      data: { ...of('o-2'), amount_minor: 5450 },
    }),
    ...['in', 'out', 'error'].map((what, i) =>
      event(venue, 'ticket.scanned', {
        ...at(`20:0${i}:00`),
        ...hamlet,
        event_id: `${venue}-s${i}`,
        source: 'scanner',
        data: {
          scan_id: `s-${i}`,
          ticket_id: 't-1',
          result: what === 'error' ? 'error' : 'ok',
          direction: what === 'out' ? 'exit' : 'entry',
          gate_id: 'north',
          ...(what === 'error' && { reason: 'unknown', quantity: 4 }),
        },
      }),
    ),
    ...['page.viewed', 'search.performed', 'cart.abandoned'].map((type) =>
      event(venue, type, { ...at('05:00:00'), ...hamlet }),
    ),
  )
}

const venue = unique('v')
beforeAll(async () => {
  await fill(venue)
  await fill(unique('foreign'))
}, 60_000)

const values = (lines: Line[], ...names: string[]) =>
  lines.map((line) => names.map((name) => line[name]))

test('the types are those that are told, and each column is of the select', async () => {
  expect([...exportTypes.keys()].join(' ')).toBe(
    'sales-daily orders order-lines products ticket-counts promo-codes taxes fees refunds ' +
      'attendance door-log channels carts-and-searches ledger settlement',
  )
  for (const { name, columns, definition, title } of exportTypes.values()) {
    expect([name, title, definition, ...columns.map((one) => one.definition)]).not.toContain('')
    const names = columns.map((one) => one.name)
    expect(new Set(names).size).toBe(names.length)
    for (const one of columns) {
      if (one.metric) expect(catalogue.has(one.metric)).toBe(true)
      if (one.kind === 'money')
        expect([name, names]).toEqual([name, expect.arrayContaining(['currency'])])
    }
    const lines = await file(venue, name)
    expect([name, lines.length > 0]).toEqual([name, true])
    expect(Object.keys(lines[0] ?? {}).sort()).toEqual(names.sort())
  }
})

test('sales by day are cut where the venue’s day begins, an hour after the clocks changed', async () => {
  const lines = await file(venue, 'sales-daily')
  expect(
    values(lines, 'day', 'event', 'currency', 'orders', 'tickets_sold', 'net_revenue'),
  ).toEqual([
    ['2026-03-28', 'hamlet', 'EUR', 1, 3, 12_100],
    ['2026-03-29', 'hamlet', 'EUR', 1, 1, 5450 - 7000 - 5450],
    ['2026-03-29', 'lear', 'JPY', 1, 3, 9000],
  ])
  const utc = await file(venue, 'sales-daily', { tz: 'UTC' })
  expect(new Set(utc.map(({ day }) => day))).toEqual(new Set(['2026-03-28', '2026-03-29']))
})

test('an order is one row from its payment to what became of it', async () => {
  const [first, second, third] = await file(venue, 'orders')
  expect(first).toMatchObject({
    order_id: 'o-1',
    test_mode: 'false',
    first_at: '2026-03-29T05:59:59+02:00',
    last_at: '2026-03-29T13:30:00+02:00',
    event: 'hamlet',
    channel: 'box_office, online',
    promo_code: 'EARLY',
    customer_ref: expect.stringMatching(/^c_[\w-]{22}$/),
    ...{ orders: 1, tickets_sold: 3, comps: 1, tickets_cancelled: 1 },
    ...{ gross_revenue: 12_100, taxes: 2100, fees: 300, refunds: 7000, net_revenue: 5100 },
  })
  expect(values([second ?? {}, third ?? {}], 'order_id', 'customer_ref', 'chargebacks')).toEqual([
    ['o-2', null, 5450],
    ['o-3', null, 0],
  ])
})

test('order lines are as they were paid, and a rehearsal is among them where it was asked for', async () => {
  const lines = await file(venue, 'order-lines')
  const names = ['order_id', 'ticket_type', 'tickets_sold', 'comps', 'gross_revenue', 'discounts']
  expect(values(lines, ...names)).toEqual([
    ['o-1', 'stalls', 2, 0, 12_100, 0],
    ['o-1', 'circle', 1, 1, 0, 0],
    ['o-2', 'stalls', 1, 0, 5450, 600],
    ['o-3', 'stalls', 3, 0, 9000, 0],
  ])
  const all = await file(venue, 'order-lines', { includeTest: true })
  expect(all.map(({ order_id }) => order_id)).toContain('o-4')
})

test('taxes are told by the rate that the amounts have', async () => {
  const lines = await file(venue, 'taxes')
  expect(values(lines, 'event', 'currency', 'percent', 'lines', 'gross_revenue', 'taxes')).toEqual([
    ['hamlet', 'EUR', 4.8, 1, 5450, 250],
    ['hamlet', 'EUR', 21, 1, 12_100, 2100],
    ['hamlet', 'EUR', null, 1, 0, 0],
    ['lear', 'JPY', 0, 1, 9000, 0],
  ])
})

test('refunds, cancellations and chargebacks are rows of their own', async () => {
  const lines = await file(venue, 'refunds')
  const names = ['kind', 'ticket_type', 'refunds', 'chargebacks', 'tickets_refunded']
  const told = values(lines, ...names, 'tickets_cancelled', 'orders_cancelled', 'cancelled_value')
  expect(told).toHaveLength(5)
  expect(told).toEqual(
    expect.arrayContaining([
      ['refund', 'stalls', 6050, null, 1, null, null, null],
      ['refund', null, 950, null, null, null, null, null],
      ['cancellation', 'stalls', null, null, null, 1, null, 6050],
      ['cancellation', null, null, null, null, null, 1, null],
      ['chargeback', null, null, 5450, null, null, null, null],
    ]),
  )
})

test('a cancellation that an earlier one took the tickets of leaves no row, no instant, no total', async () => {
  const moved = unique('v')
  const order = { order_id: 'o-1' }
  const at = (hour: number) => ({ occurred_at: `2026-06-02T${hour}:00:00Z`, event_ref: undefined })
  await deliver(
    paid(moved, { occurred_at: '2026-06-01T10:00:00Z', data: order }),
    event(moved, 'order.cancelled', { ...at(15), event_id: 'late', data: order }),
  )
  const asOf = await now(moved)
  await deliver(event(moved, 'order.cancelled', { ...at(11), event_id: 'early', data: order }))
  const instants = (lines: Line[]) => [...new Set(values(lines, 'event_id', 'occurred_at').flat())]
  expect(instants(await file(moved, 'refunds', { asOf }))).toEqual([
    'late',
    '2026-06-02T15:00:00+00:00',
  ])
  expect(instants(await file(moved, 'refunds'))).toEqual(['early', '2026-06-02T11:00:00+00:00'])
  const [line] = await file(moved, 'orders')
  expect(line).toMatchObject({ last_at: '2026-06-02T11:00:00+00:00', tickets_cancelled: 2 })
  const late = { from: '2026-06-02T12:00:00Z', to: '2026-06-03T00:00:00Z' }
  for (const name of exportTypes.keys()) {
    const left = name === 'ledger' ? 4 : 0
    expect([name, (await file(moved, name, late)).length]).toEqual([name, left])
  }
})

test('the door log has each scan, and attendance what they add up to', async () => {
  const log = await file(venue, 'door-log')
  const names = ['result', 'direction', 'gate', 'scan_reason', 'scans_accepted', 'scans_rejected']
  expect(values(log, ...names)).toEqual([
    ['ok', 'entry', 'north', null, 1, null],
    ['ok', 'exit', 'north', null, 1, null],
    ['error', null, 'north', 'unknown', null, 4],
  ])
  const lines = await file(venue, 'attendance')
  const sums = ['tickets_sold', 'tickets_cancelled', 'tickets_net', 'admissions', 'no_show']
  expect(values(lines, 'event', 'session', ...sums)).toEqual([
    ['hamlet', 'evening', 4, 1, 3, 1, 2],
    ['lear', null, 3, 0, 3, 0, 3],
  ])
})

test('every total is what the API answers, under filters of each kind, a currency, and with rehearsals', async () => {
  const asOf = await now(venue)
  const questions: Partial<FileQuestion>[] = [
    {},
    { includeTest: true, currency: 'EUR' },
    { filters: [{ dimension: 'ticket_type', op: 'eq', values: ['circle'] }] },
    { filters: [{ dimension: 'channel', op: 'in', values: ['online', 'phone'] }] },
    { filters: [{ dimension: 'ticket_type', op: 'neq', values: ['stalls'] }] },
    { filters: [{ dimension: 'promo_code', op: 'exists' }] },
    {
      filters: [
        { dimension: 'session', op: 'not_exists' },
        { dimension: 'channel', op: 'not_in', values: ['online'] },
      ],
    },
    { from: '2026-03-29T04:00:00Z', to: '2026-03-29T11:00:00.001Z', tz: 'Asia/Tokyo' },
    { filters: [{ dimension: 'event', op: 'eq', values: [`'); drop table ledger; --`] }] },
  ]
  for (const question of questions) await expectTotalsOfApi(venue, { ...year, asOf, ...question })
})

test('an order paid in two currencies is counted in one row, and once in the whole', async () => {
  const split = unique('v')
  await deliver(
    paid(split, { data: of('o-1', 'USD') }),
    paid(split, { occurred_at: '2026-05-01T12:00:00Z', data: of('o-1', 'EUR') }),
  )
  const asOf = await now(split)
  for (const currency of [undefined, 'USD', 'EUR']) {
    const question = { ...year, asOf, currency }
    await expectTotalsOfApi(split, question)
    const totals = await totalsOf(split, 'settlement', await askedOf(split, question))
    expect([...totals.values()].reduce((sum, { orders }) => sum + Number(orders), 0)).toBe(1)
  }
})

test('totals are of the file’s rows by currency, to the last digit', async () => {
  const rich = unique('v')
  const most = Number.MAX_SAFE_INTEGER
  const dear = () => paid(rich, { data: { ...of(unique('o')), items: [item('box', 1, most)] } })
  await deliver(dear(), dear(), dear())
  const asked = await askedOf(rich, { ...year, asOf: await now(rich) })
  const totals = await totalsOf(rich, 'order-lines', asked)
  expect([...totals]).toEqual([
    ['EUR', expect.objectContaining({ row_count: '3', gross_revenue: String(BigInt(most) * 3n) })],
  ])
  expect(await totalsOf(rich, 'door-log', asked)).toEqual(
    new Map([['', { row_count: '0', scans_accepted: '0', scans_rejected: '0' }]]),
  )
})

test('ticket counts know the places as they were told by the moment, and the end of the time', async () => {
  const house = unique('v')
  const places = (ticket_type_id: string, held: number) => ({
    ...{ ticket_type_id, capacity: 100, sold: 0, comps: 0, held, killed: 4, open: 96 - held },
  })
  const snapshot = (occurred_at: string, held: number, more = {}) =>
    event(house, 'inventory.snapshot', {
      occurred_at,
      data: { currency: 'USD', items: [places('stalls', held), places('box', held)] },
      ...more,
    })
  const early = snapshot('2026-06-02T10:00:00Z', 10)
  await deliver(early, paid(house), paid(house, { context: { channel: 'box_office' } }))
  const asOf = await now(house)
  await deliver(
    early,
    snapshot('2026-06-03T10:00:00Z', 20),
    snapshot('2026-06-01T10:00:00Z', 30),
    snapshot('2026-06-04T10:00:00Z', 40, { test_mode: true }),
  )
  const names = ['event', 'ticket_type', 'allocation', 'held', 'killed', 'open']
  const sold = ['online', 'box_office', 'other_channels', 'tickets_net']
  const held = (box: number) => [
    ['show-1', 'box', 100, box, 4, 96 - box, 0, 0, 0, 0],
    ['show-1', 'stalls', 100, box, 4, 96 - box, 2, 2, 0, 4],
  ]
  const told = async (question: Partial<FileQuestion> = {}) =>
    values(await file(house, 'ticket-counts', question), ...names, ...sold)
  expect(await told()).toEqual(held(20))
  expect(await told({ asOf })).toEqual(held(10))
  expect(await told({ to: '2026-06-02T10:00:00.001Z' })).toEqual(held(10))
  expect(await told({ to: '2026-06-02T10:00:00Z' })).toEqual(held(30))
  const box = [{ dimension: 'ticket_type' as const, op: 'eq' as const, values: ['box'] }]
  expect(await told({ filters: box })).toEqual(held(20).slice(0, 1))
  expect(await told({ currency: 'EUR' })).toEqual([])
})

test('a file has nothing of another venue that did the same', async () => {
  for (const name of exportTypes.keys()) {
    const text = JSON.stringify(await file(venue, name))
    expect([name, text]).toEqual([name, expect.not.stringContaining('foreign')])
    expect([name, await file(unique('nobody'), name)]).toEqual([name, []])
  }
})
