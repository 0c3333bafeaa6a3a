import type { Sheet } from '../../../lib/exports/formats/format.ts'
import { json } from '../../../lib/exports/formats/json.ts'
import { ndjson } from '../../../lib/exports/formats/ndjson.ts'
import {
  bytesOf,
  columns,
  hardRows,
  hardTexts,
  sheetOf,
  takenAfter,
  watchedRows,
} from '../../support/sheets.ts'

const totals: Sheet['totals'] = [
  { currency: 'USD', values: { tickets: 3n, gross: 9_007_199_254_740_993n } },
  { currency: null, values: { tickets: 0n } },
]

/** Rows as a reader has them that takes digits for what they are. */
const expected = hardRows.map((row) =>
  Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])),
)

const read = (text: string) =>
  JSON.parse(text, ((_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value)
      ? source
      : value) as unknown as Parameters<typeof JSON.parse>[1])

test('every line of NDJSON is an object of the row, with every digit and every character', async () => {
  const text = String(await bytesOf(ndjson(sheetOf(hardRows))))
  const lines = text.split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map(read)).toEqual(expected)
  expect(text).toContain('"tickets":9007199254740993,"gross":-9007199254740993,')
  expect(Object.keys(read(lines[0] ?? ''))).toEqual(columns.map(({ name }) => name))
})

test('a JSON document tells its columns, its rows and their totals', async () => {
  const document = read(String(await bytesOf(json(sheetOf(hardRows, { totals })))))
  expect(document).toEqual({
    type: 'orders',
    asOf: '2026-06-02T15:04:05.000000Z',
    columns: columns.map(({ name, definition, kind }) => ({ name, definition, kind })),
    rows: expected,
    totals: [
      { currency: 'USD', values: { tickets: 3, gross: '9007199254740993' } },
      { currency: null, values: { tickets: 0 } },
    ],
  })
  expect(document.rows.length).toBeGreaterThan(hardTexts.length)
})

test('no rows make an empty file of lines and a whole document', async () => {
  expect(await bytesOf(ndjson(sheetOf([])))).toHaveLength(0)
  expect(read(String(await bytesOf(json(sheetOf([])))))).toMatchObject({ rows: [], totals: [] })
})

test.each([
  ['ndjson', ndjson],
  ['json', json],
])('%s is the same bytes at every run', async (_name, writer) => {
  const one = await bytesOf(writer(sheetOf(hardRows, { totals })))
  expect(await bytesOf(writer(sheetOf(hardRows, { totals })))).toEqual(one)
})

test.each([
  ['ndjson', ndjson],
  ['json', json],
])(
  '%s takes no more rows than its pieces need, and lets go of them when nobody wants more',
  async (_name, writer) => {
    const { rows, seen } = watchedRows(1_000_000)
    expect(await takenAfter(2, writer(sheetOf(rows)), seen)).toBeLessThan(1000)
    expect(seen.isClosed).toBe(true)
  },
)

test.each([1.5, 2 ** 53, '1.0', '01', '', 'NaN'])(
  'a count of %p is refused, for a digit of it may be lost',
  async (tickets) => {
    const row = ['a', 'USD', tickets, 0, null, null, null]
    await expect(bytesOf(ndjson(sheetOf([row])))).rejects.toThrow('no whole number')
  },
)
