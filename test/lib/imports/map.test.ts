import { missingColumns } from '../../../lib/imports/columns.ts'
import { createMapper, type Mapped } from '../../../lib/imports/map.ts'
import { type ImportMap, parseMap } from '../../../lib/imports/schema.ts'

const venue = { id: 'v', timezone: 'Europe/Madrid', currency: 'EUR' }
const sale = {
  type: 'order.paid',
  occurred_at: { $time: '{day}', format: 'YYYY-MM-DD', at: '12:00' },
  data: {
    order_id: '{$id}',
    currency: 'EUR',
    items: [{ ticket_type_id: 'all', quantity: 1, amount_minor: { $money: '{price}' } }],
  },
}

const mapOf = (changes: object = {}): ImportMap =>
  parseMap(JSON.stringify({ description: 'a test', venue, events: [sale], ...changes }))

function run(map: ImportMap, records: Record<string, string>[]) {
  const mapper = createMapper(map, 'file')
  const rows = records.map((fields, index) => ({ line: index + 2, fields }))
  const mapped = [...rows.flatMap(mapper.push), ...mapper.end()]
  return { mapped, events: eventsOf(mapped), rounding: mapper.rounding() }
}

// biome-ignore lint/suspicious/noExplicitAny: the tests look at parts of many shapes
const eventsOf = (mapped: Mapped[]): any[] =>
  mapped.flatMap((one) => (one.kind === 'event' ? one.event : []))

const day = '2026-07-01'

test('a record becomes an event of the wire, named by its file and record', () => {
  const { events } = run(mapOf(), [{ day, price: '9.99' }])
  expect(events).toEqual([
    {
      event_id: 'file:venue:v',
      type: 'venue.updated',
      version: 1,
      venue_id: 'v',
      occurred_at: '1970-01-01T00:00:00Z',
      source: 'import',
      data: { timezone: 'Europe/Madrid', currency: 'EUR' },
    },
    {
      event_id: 'file:2',
      type: 'order.paid',
      version: 1,
      venue_id: 'v',
      occurred_at: '2026-07-01T12:00:00+02:00',
      source: 'import',
      data: {
        order_id: 'file:2',
        currency: 'EUR',
        items: [{ ticket_type_id: 'all', quantity: 1, amount_minor: 999 }],
      },
    },
  ])
})

test('a venue is announced once, before its first event', () => {
  const map = mapOf({ venue: { ...venue, id: '{slug(house)}', name: '{house}' } })
  const records = ['A', 'B b', 'A'].map((house) => ({ house, day, price: '1' }))
  const ids = run(map, records).events.map((event) => event.event_id)
  expect(ids).toEqual(['file:venue:a', 'file:2', 'file:venue:b-b', 'file:3', 'file:4'])
})

test('the events of one record are numbered from the second on', () => {
  const { events } = run(mapOf({ events: [sale, sale, sale] }), [{ day, price: '1' }])
  expect(events.slice(1).map((event) => event.event_id)).toEqual(['file:2', 'file:2:2', 'file:2:3'])
  expect(events[2].data.order_id).toBe('file:2:2')
})

describe('groups', () => {
  const grouped = {
    groupBy: '{order}',
    skip: [{ when: { value: '{price}', atMost: 0 }, reason: 'free' }],
    events: [
      {
        ...sale,
        data: {
          ...sale.data,
          order_id: '{order}',
          items: {
            $rows: { ticket_type_id: '{type}', quantity: 1, amount_minor: { $money: '{price}' } },
          },
        },
      },
    ],
  }
  const row = (order: string, type: string, price = '1') => ({ order, type, price, day })

  test('consecutive records of one key are one event; a key that returns is another', () => {
    const { events } = run(mapOf(grouped), [
      row('1', 'a'),
      row('1', 'b'),
      row('2', 'c'),
      row('1', 'd'),
    ])
    const told = events
      .slice(1)
      .map(({ event_id, data }) => [
        event_id,
        data.order_id,
        data.items.map((item: { ticket_type_id: string }) => item.ticket_type_id).join(),
      ])
    expect(told).toEqual([
      ['file:2', '1', 'a,b'],
      ['file:4', '2', 'c'],
      ['file:5', '1', 'd'],
    ])
  })

  test('a skipped record neither parts a group nor takes its name away', () => {
    const { events, mapped } = run(mapOf(grouped), [
      row('1', 'a', '0'),
      row('1', 'b'),
      row('1', 'c'),
    ])
    expect(events[1].event_id).toBe('file:2')
    expect(events[1].data.items).toHaveLength(2)
    expect(mapped).toContainEqual({ kind: 'skipped', line: 2, reason: 'free' })
  })

  test('one bad record refuses its whole order, by its own number', () => {
    const { mapped } = run(mapOf(grouped), [row('1', 'a'), row('1', 'b', 'NA'), row('2', 'c')])
    expect(mapped[0]).toEqual({
      kind: 'refused',
      line: 3,
      field: 'price',
      reason: "'NA' is no number",
    })
    expect(eventsOf(mapped).map((event) => event.event_id)).toEqual(['file:venue:v', 'file:4'])
  })
})

test.each([
  [
    { day: '2018-02-29', price: '1' },
    'occurred_at',
    "'2018-02-29' is no time of the form YYYY-MM-DD",
  ],
  [{ day, price: '' }, 'data.items.0.amount_minor', 'is empty'],
  [{ day, price: '1e30' }, 'data.items.0.amount_minor', 'is beyond any amount'],
])('%j is refused with field and reason', (fields, field, reason) => {
  expect(run(mapOf(), [fields]).mapped).toEqual([{ kind: 'refused', line: 2, field, reason }])
})

test('a venue id that is none, and a show that is empty, are refused', () => {
  const nameless = mapOf({ venue: { ...venue, id: '{house}' } })
  expect(run(nameless, [{ day, price: '1', house: 'a b' }]).mapped[0]).toMatchObject({
    field: 'venue_id',
    reason: "'a b' is no id of a venue",
  })
  const showless = mapOf({ events: [{ ...sale, event_ref: { event_id: '{show}' } }] })
  expect(run(showless, [{ day, price: '1', show: '' }]).mapped[0]).toMatchObject({
    kind: 'refused',
    field: 'event_ref.event_id',
  })
})

test('rounding is told by currency, exactly, and only of what became an event', () => {
  const prices = ['0.005', '0.004', '1.00', '-0.0051']
  const { rounding } = run(mapOf(), [
    ...prices.map((price) => ({ day, price })),
    { day: 'never', price: '0.001' },
  ])
  expect(rounding).toEqual([{ currency: 'EUR', amounts: 3, moved: '-0.0039' }])
})

test('the minor unit is that of the currency', () => {
  const map = mapOf({ venue: { ...venue, currency: 'JPY' } })
  expect(run(map, [{ day, price: '1,200.5' }]).events[1].data.items[0].amount_minor).toBe(1201)
})

test('what comes out empty is left out', () => {
  const actor = { customer_id: '{buyer}' }
  const map = mapOf({ events: [{ ...sale, actor }] })
  const { events } = run(map, [
    { day, price: '1', buyer: '' },
    { day, price: '1', buyer: '7' },
  ])
  expect(events[1]).not.toHaveProperty('actor')
  expect(events[2].actor).toEqual({ customer_id: '7' })
})

describe('a map that is wrong says where', () => {
  test.each([
    [{ extra: 1 }, /Unrecognized key: "extra"/],
    [{ venue: { ...venue, timezone: 'Mars' } }, /venue\.timezone: is not a time zone/],
    [{ venue: { ...venue, currency: 'EURO' } }, /venue\.currency: is not a currency/],
    [{ events: [] }, /events: /],
    [{ events: [{ ...sale, type: 'order.eaten' }] }, /events\.0\.type/],
    [{ events: [{ ...sale, occurred_at: { $tim: 'x' } }] }, /events\.0\.occurred_at: .*\$time/],
    [
      { events: [{ ...sale, occurred_at: { $time: '{d}', format: 'M/D/YYYY' } }] },
      /events\.0\.occurred_at\.at: is required/,
    ],
    [{ events: [{ ...sale, data: { a: '{b' } }] }, /events\.0\.data\.a: a brace is not closed/],
    [{ events: [{ ...sale, data: { a: '{$b}' } }] }, /events\.0\.data\.a: '\{\$b\}' is none of/],
    [{ skip: [{ when: { value: '{a}' }, reason: 'x' }] }, /skip\.0\.when: needs one of/],
    [{ skip: [{ when: { value: 'a', matches: '(' }, reason: 'x' }] }, /matches: is not a regular/],
  ])('%j', (changes, message) => {
    expect(() => mapOf(changes)).toThrow(message)
  })

  test('no JSON at all', () => {
    expect(() => parseMap('{')).toThrow(/not JSON/)
  })

  test('columns that the file does not have', () => {
    const map = mapOf({
      skip: [{ when: { value: '{slug(kind)}', matches: '^x{2}' }, reason: 'x' }],
    })
    expect(missingColumns(map, ['day'])).toEqual(['kind', 'price'])
  })
})
