import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquet } from '../../../lib/exports/formats/parquet.ts'
import {
  bytesOf,
  columns,
  hardRows,
  hardTexts,
  sheetOf,
  takenAfter,
  watchedRows,
} from '../../support/sheets.ts'

const totals = [{ currency: 'USD', values: { tickets: 3n, gross: 9_007_199_254_740_993n } }]

async function read(file: Buffer) {
  const bytes = new Uint8Array(file).buffer
  const rows = await parquetReadObjects({ file: bytes })
  return { rows, metadata: parquetMetadata(bytes) }
}

test('every cell is read back in its type, to the microsecond and the last digit', async () => {
  const file = await bytesOf(parquet(sheetOf(hardRows, { totals })))
  const { rows } = await read(file)
  expect(rows.map(({ order_id }) => order_id)).toEqual(hardRows.map(([id]) => id))
  expect(rows.slice(hardTexts.length)).toEqual([
    {
      order_id: 'yen',
      currency: 'JPY',
      tickets: 0n,
      gross: -1200n,
      at: new Date('2026-06-01T20:00:00.123Z'),
      day: new Date('2026-02-28'),
      rate: '0.0825',
    },
    {
      order_id: 'dinar',
      currency: 'KWD',
      tickets: -3n,
      gross: 1234n,
      at: new Date('2026-10-31T19:45:00.500Z'),
      day: new Date('2024-02-29'),
      rate: '-0.5',
    },
    {
      order_id: 'cent',
      currency: 'USD',
      tickets: 7n,
      gross: -5n,
      at: new Date('2026-06-01T20:00:00Z'),
      day: new Date('1999-12-31'),
      rate: '100',
    },
    {
      order_id: 'exact',
      currency: 'USD',
      tickets: 9_007_199_254_740_993n,
      gross: -9_007_199_254_740_993n,
      at: null,
      day: null,
      rate: '0.1234567890123456789',
    },
    {
      order_id: 'nothing',
      currency: null,
      tickets: null,
      gross: null,
      at: null,
      day: null,
      rate: null,
    },
  ])
})

test('microseconds are kept', async () => {
  const instants = ['2026-06-01T16:00:00.123456-04:00', '1883-11-18T12:03:57.000001-04:56:02']
  const rows = instants.map((at) => ['a', null, null, null, at, null, null])
  const file = await bytesOf(parquet(sheetOf(rows)))
  const raw = await parquetReadObjects({
    file: new Uint8Array(file).buffer,
    parsers: { timestampFromMicroseconds: (micros: bigint) => micros } as never,
  })
  const [first, second] = raw.map(({ at }) => at)
  expect(first).toBe(BigInt(Date.parse('2026-06-01T20:00:00Z')) * 1000n + 123_456n)
  expect(second).toBe(BigInt(Date.parse('1883-11-18T16:59:59Z')) * 1000n + 1n)
})

test('the file tells what was asked, its columns and their totals', async () => {
  const { metadata } = await read(await bytesOf(parquet(sheetOf(hardRows, { totals }))))
  const told = Object.fromEntries(
    metadata.key_value_metadata?.map(({ key, value }) => [key, value]) ?? [],
  )
  expect(told).toMatchObject({ type: 'orders', asOf: '2026-06-02T15:04:05.000000Z' })
  expect(JSON.parse(told.columns ?? '')).toEqual(
    columns.map(({ name, definition, kind }) => ({ name, definition, kind })),
  )
  expect(JSON.parse(told.totals ?? '')).toEqual([
    { currency: 'USD', values: { tickets: '3', gross: '9007199254740993' } },
  ])
  expect(metadata.schema.slice(1).map((element) => element.type)).toEqual([
    'BYTE_ARRAY',
    'BYTE_ARRAY',
    'INT64',
    'INT64',
    'INT64',
    'INT32',
    'BYTE_ARRAY',
  ])
})

test('no rows make a file of none', async () => {
  const { rows, metadata } = await read(await bytesOf(parquet(sheetOf([]))))
  expect(rows).toEqual([])
  expect(metadata.schema).toHaveLength(columns.length + 1)
})

test('rows of several groups are all there, in their order', async () => {
  const { rows } = await read(await bytesOf(parquet(sheetOf(watchedRows(25_000).rows))))
  expect(rows.map(({ tickets }) => Number(tickets))).toEqual([...Array(25_000).keys()])
})

test('the same rows make the same bytes', async () => {
  const one = await bytesOf(parquet(sheetOf(watchedRows(12_000).rows, { totals })))
  expect(await bytesOf(parquet(sheetOf(watchedRows(12_000).rows, { totals })))).toEqual(one)
})

test('no group is read before the one before it was taken', async () => {
  const { rows, seen } = watchedRows(1_000_000)
  expect(await takenAfter(1, parquet(sheetOf(rows)), seen)).toBeLessThan(10_010)
  expect(seen.isClosed).toBe(true)
})

test.each([
  [['a', null, '9223372036854775808', 0, null, null, null], 'beyond 64 bits'],
  [['a', null, 1, 0, 'infinity', null, null], 'no instant'],
  [['a', null, 1, 0, null, '2026-13-01', null], 'no day'],
])('what its type cannot hold is refused', async (row, message) => {
  await expect(bytesOf(parquet(sheetOf([row])))).rejects.toThrow(message)
})
