import { count, money, text } from '../../../lib/exports/catalogue.ts'
import type { Sheet, Value } from '../../../lib/exports/formats/format.ts'
import { xlsx } from '../../../lib/exports/formats/xlsx.ts'
import {
  bytesOf,
  columns,
  hardRows,
  hardTexts,
  sheetOf,
  takenAfter,
  watchedRows,
} from '../../support/sheets.ts'
import { partsOf, worksheetsOf } from '../../support/workbook.ts'

const totals = [
  { currency: 'JPY', values: { tickets: 3n, gross: -1200n } },
  { currency: 'USD', values: { tickets: 31n, gross: 2695n } },
]

async function written(rows: Iterable<Value[]>, more: Partial<Sheet> = {}, most?: number) {
  const file = await bytesOf(xlsx(sheetOf(rows, more), most))
  const parts = partsOf(file)
  const worksheets = await worksheetsOf(file)
  const [first] = worksheets
  if (!first) throw new Error('there is a worksheet')
  return { file, parts, worksheets, first }
}

test('every cell is read back in its type', async () => {
  const { first } = await written(hardRows)
  const [header, ...rows] = first.rows
  expect(header).toEqual(columns.map(({ name }) => name))
  expect(rows.slice(0, hardTexts.length)).toEqual(
    hardTexts.map((told) => [
      told,
      'USD',
      1,
      1,
      new Date('2026-06-01T16:00:00Z'),
      new Date('2026-06-01'),
      1,
    ]),
  )
  const at = (iso: string) => new Date(iso)
  expect(rows.slice(hardTexts.length)).toEqual([
    ['yen', 'JPY', 0, -1200, at('2026-06-01T16:00:00.123Z'), at('2026-02-28'), 0.0825],
    ['dinar', 'KWD', -3, 1.234, at('2026-11-01T01:30:00.500Z'), at('2024-02-29'), -0.5],
    ['cent', 'USD', 7, -0.05, at('2026-06-01T20:00:00Z'), at('1999-12-31'), 100],
    ['exact', 'USD', '9007199254740993', '-90071992547409.93', null, null, '0.1234567890123456789'],
    ['nothing', null, null, null, null, null, null],
  ])
})

test('text is text, whatever it looks like, and no cell is a formula', async () => {
  const { first, parts } = await written(hardRows)
  for (const [i] of hardTexts.entries()) {
    expect(first.cellAt(i + 1, 0)).toMatchObject({ type: 'string', style: { numFmt: '@' } })
  }
  expect(parts['xl/worksheets/sheet1.xml']).not.toContain('<f')
})

test('an amount has its currency’s decimals', async () => {
  const { first } = await written(hardRows)
  const formats = new Map(
    hardRows.map((row, i) => [row[1], first.cellAt(i + 1, 3).style?.numFmt ?? null]),
  )
  expect(Object.fromEntries(formats)).toEqual({
    JPY: '[$JPY]\\ #,##0',
    KWD: '[$KWD]\\ #,##0.000',
    USD: '@',
    null: null,
  })
  expect(first.cellAt(1, 3).style?.numFmt).toBe('[$USD]\\ #,##0.00')
  expect(first.cellAt(1, 4).style?.numFmt).toBe('yyyy-mm-dd hh:mm:ss.000')
  expect(first.cellAt(1, 5).style?.numFmt).toBe('yyyy-mm-dd')
})

test('an amount of no currency has two decimals', async () => {
  const { first } = await written([['a', null, 1, 1250, null, null, null]])
  expect(first.cellAt(1, 3)).toMatchObject({ value: 12.5, style: { numFmt: '#,##0.00' } })
})

test('what Excel cannot count as a day or a time is text', async () => {
  const days = ['1900-02-28', '1900-03-01', '9999-12-31', 'infinity']
  const { first } = await written(days.map((told) => ['a', null, 1, 0, `${told}T00:00:00Z`, told]))
  const read = first.rows.slice(1).map((row) => row.slice(4, 6))
  expect(read).toEqual([
    ['1900-02-28T00:00:00Z', '1900-02-28'],
    [new Date('1900-03-01'), new Date('1900-03-01')],
    [new Date('9999-12-31'), new Date('9999-12-31')],
    ['infinityT00:00:00Z', 'infinity'],
  ])
})

test('15 digits are a number, 16 are text', async () => {
  const row = [
    'a',
    'JPY',
    999_999_999_999_999,
    '1000000000000000',
    null,
    null,
    '-0.00123456789012345',
  ]
  const { first } = await written([row])
  expect(first.rows[1]?.slice(2)).toEqual([
    999_999_999_999_999,
    '1000000000000000',
    null,
    null,
    -0.00123456789012345,
  ])
})

test('the header stays, is bold, and columns are wide enough for it', async () => {
  const { first } = await written(hardRows)
  expect(first.freezePane).toEqual({ rows: 1 })
  for (const [i, { name }] of columns.entries()) {
    expect(first.cellAt(0, i).style?.font).toMatchObject({ bold: true })
    expect(first.cellAt(1, i).style?.font?.bold).toBeFalsy()
    expect(first.columns?.[i]?.width).toBeGreaterThan(name.length)
  }
})

test('the last rows are the totals of each currency, bold, beside the word Total', async () => {
  const { first } = await written(hardRows, { totals })
  expect(first.rows).toHaveLength(1 + hardRows.length + 2)
  expect(first.rows.slice(-2)).toEqual([
    ['Total', 'JPY', 3, -1200, null, null, null],
    ['Total', 'USD', 31, 26.95, null, null, null],
  ])
  const last = first.rows.length - 1
  for (const column of [0, 1, 2, 3]) {
    expect(first.cellAt(last, column).style?.font).toMatchObject({ bold: true })
  }
  expect(first.cellAt(last, 3).style?.numFmt).toBe('[$USD]\\ #,##0.00')
})

test('totals find a place beside a currency that comes first, and none among totals alone', async () => {
  const total = [{ currency: 'EUR', values: { tickets: 1n, gross: 250n } }]
  const led = [text('currency', ''), count('tickets', ''), text('show', ''), money('gross', '')]
  const beside = await written([['EUR', 1, 'Hamlet', 250]], { columns: led, totals: total })
  expect(beside.first.rows.at(-1)).toEqual(['EUR', 1, 'Total', 2.5])
  const alone = [text('currency', ''), count('tickets', '')]
  const bare = await written([['EUR', 1]], { columns: alone, totals: total })
  expect(bare.first.rows.at(-1)).toEqual(['EUR', 1])
})

test('a row that is too many begins a worksheet with its own header', async () => {
  const { worksheets } = await written(watchedRows(10).rows, { totals, title: 'Orders' }, 5)
  expect(worksheets.map(({ name }) => name)).toEqual(['Orders', 'Orders (2)', 'Orders (3)'])
  const header = columns.map(({ name }) => name)
  expect(worksheets.map(({ rows }) => rows.map((row) => row[2]))).toEqual([
    ['tickets', 0, 1, 2, 3],
    ['tickets', 4, 5, 6, 7],
    ['tickets', 8, 9, 3, 31],
  ])
  for (const { rows, freezePane } of worksheets) {
    expect(rows[0]).toEqual(header)
    expect(freezePane).toEqual({ rows: 1 })
  }
})

test('a worksheet that is just full has none after it', async () => {
  expect((await written(watchedRows(4).rows, {}, 5)).worksheets).toHaveLength(1)
})

test('no rows make a workbook of a header', async () => {
  const { first } = await written([])
  expect(first.rows).toEqual([columns.map(({ name }) => name)])
})

test('a title is made a name that Excel takes', async () => {
  const title = "Refunds/chargebacks & [cancellations]: 'all' of them?"
  const { worksheets } = await written(watchedRows(4).rows, { title }, 3)
  expect(worksheets.map(({ name }) => name)).toEqual([
    'Refunds chargebacks &  cancella',
    'Refunds chargebacks &  canc (2)',
  ])
})

test('a text of more characters than a cell can hold is refused, never cut', async () => {
  const longest = 'ä'.repeat(32_767)
  const { first } = await written([[longest, null, 1, 0, null, null, null]])
  expect(first.rows[1]?.[0]).toBe(longest)
  const { rows, seen } = watchedRows(100_000)
  function* tooLong(): Generator<Value[]> {
    yield [`${longest}x`, null, 1, 0, null, null, null]
    yield* rows
  }
  await expect(bytesOf(xlsx(sheetOf(tooLong())))).rejects.toThrow('32768 characters')
  expect(seen.taken).toBeLessThan(10)
})

test('a source that fails, fails the file', async () => {
  function* failing(): Generator<Value[]> {
    yield* watchedRows(5000).rows
    throw new Error('the database is gone')
  }
  await expect(bytesOf(xlsx(sheetOf(failing())))).rejects.toThrow('the database is gone')
})

test('the same rows make the same bytes', async () => {
  const once = () => bytesOf(xlsx(sheetOf(watchedRows(5000).rows, { totals }), 2000))
  expect(await once()).toEqual(await once())
})

test('no more rows are taken than the pieces need, and they are let go of when nobody wants more', async () => {
  const { rows, seen } = watchedRows(1_000_000)
  expect(await takenAfter(2, xlsx(sheetOf(rows)), seen)).toBeLessThan(20_000)
  expect(seen.isClosed).toBe(true)
})
