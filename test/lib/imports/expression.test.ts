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

test.each([
  [{ value: '{a}', equals: 'x' }, 'x', 'y'],
  [{ value: '{a}', equals: 5 }, '5.0', '6'],
  [{ value: '{a}', in: ['x', 'y'] }, 'y', 'z'],
  [{ value: '{a}', matches: '^C\\d+$' }, 'C12', 'C'],
  [{ value: '{a}', startsWith: 'C' }, 'C', 'AC'],
  [{ value: '{a}', above: 1.5 }, '1.51', '1.5'],
  [{ value: '{a}', atLeast: -1 }, '-1', '-1.01'],
  [{ value: '{a}', below: 0 }, '(0.01)', '0'],
  [{ value: '{a}', atMost: 0 }, '0', '0.1'],
  [{ value: '{a}', empty: true }, '', ' '],
  [{ value: { $add: ['{a}', '{a}'] }, equals: 3 }, '1.5', '1'],
  [{ value: { $parameter: 'q', of: '{a}' }, equals: 'a b' }, 'http://x/?p=1&q=a+b', 'no address'],
  [
    {
      all: [
        { value: '{a}', above: 0 },
        { value: '{a}', below: 2 },
      ],
    },
    '1',
    '2',
  ],
  [
    {
      any: [
        { value: '{a}', equals: '1' },
        { value: '{a}', equals: '2' },
      ],
    },
    '2',
    '3',
  ],
  [{ not: { value: '{a}', equals: '1' } }, '2', '1'],
])('the condition %j holds for %j and not for %j', (when, yes, no) => {
  const map = mapOf({ events: [{ ...sale, when }] })
  const kinds = [yes, no].map((a) => run(map, [{ a, day, price: '1' }]).mapped.at(-1))
  expect(kinds[0]).toMatchObject({ kind: 'event' })
  expect(kinds[1]).toEqual({ kind: 'skipped', line: 2, reason: 'no rule of the map applies' })
})

test('values are made by operators', () => {
  const made = {
    text: '{{{a}}} {upper(b)}-{$line}-{$source}',
    cut: { $extract: '{b}', pattern: '^x(.+)$' },
    number: { $number: '{a}', negate: true },
    money: { $money: '{a}', times: { $add: ['{a}', 1] }, negate: true },
    kuwait: { $money: '{a}', currency: 'KWD' },
    flag: { $is: { value: '{b}', equals: 'xy' } },
    choice: { $if: { value: '{a}', above: 9 }, use: 'many', otherwise: 'few' },
    local: { $time: '{day}', format: 'ISO', as: 'local' },
    elsewhere: { $time: '{day}', format: 'ISO', zone: 'Asia/Tokyo' },
  }
  const map = mapOf({ events: [{ ...sale, data: made }] })
  const { events } = run(map, [{ a: '2.5', b: 'xy', day: '2026-07-01', price: '1' }])
  expect(events[1].data).toEqual({
    text: '{2.5} XY-2-file',
    cut: 'y',
    number: -2.5,
    money: -875,
    kuwait: 2500,
    flag: true,
    choice: 'few',
    local: '2026-07-01T00:00:00',
    elsewhere: '2026-07-01T00:00:00+09:00',
  })
})
