import {
  type Column,
  count,
  day,
  decimal,
  instant,
  money,
  text,
} from '../../lib/exports/catalogue.ts'
import type { Sheet, Value } from '../../lib/exports/formats/format.ts'

/** A column of each kind. */
export const columns: Column[] = [
  text('order_id', 'The order’s id'),
  text('currency', 'Of the amounts of the row'),
  count('tickets', 'Tickets that were sold'),
  money('gross', 'What was paid'),
  instant('at', 'When it was paid'),
  day('day', 'The business day'),
  decimal('rate', 'Of the tax'),
]

/** Text that a format could take for something else, or break at. */
export const hardTexts = [
  'plain',
  '',
  ' space around ',
  'two  spaces',
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1+1',
  '\r=1+1',
  '＝1+1',
  'a;=1+1',
  "'quoted'",
  'say "hello", twice',
  'one\ntwo\r\nthree\rfour',
  '<a href="x">&amp;</a>]]>',
  '😀 👩‍👩‍👧‍👦 e\u0301',
  'שלום עולם',
  '\u202egnirts',
  '_x0041_x0042_ _x005F_ _x0041\u0001',
  '\u0000\u0001\u0008\u000b\u001f\u007f\u0085',
  '\ufffe\uffff\ufeff\u2028\u2029',
  '__proto__',
  'null',
  '0012',
  '1e5',
  '2026-06-01',
  'true',
]

/** A row for each text, and rows of the edges of numbers and times. */
export const hardRows: Value[][] = [
  ...hardTexts.map((told) => [told, 'USD', 1, 100, '2026-06-01T16:00:00-04:00', '2026-06-01', '1']),
  ['yen', 'JPY', 0, -1200, '2026-06-01T16:00:00.123456-04:00', '2026-02-28', '0.0825'],
  ['dinar', 'KWD', -3, 1234, '2026-11-01T01:30:00.5+05:45', '2024-02-29', '-0.5'],
  ['cent', 'USD', 7, -5, '2026-06-01T20:00:00Z', '1999-12-31', '100'],
  ['exact', 'USD', '9007199254740993', '-9007199254740993', null, null, '0.1234567890123456789'],
  ['nothing', null, null, null, null, null, null],
]

/** A sheet of rows in batches of three. */
export const sheetOf = (rows: Iterable<Value[]>, more: Partial<Sheet> = {}): Sheet => ({
  type: 'orders',
  title: 'Orders',
  columns,
  asOf: '2026-06-02T15:04:05.000000Z',
  totals: [],
  rows: inBatches(rows, 3),
  ...more,
})

async function* inBatches(rows: Iterable<Value[]>, size: number): AsyncGenerator<Value[][]> {
  let batch: Value[][] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  yield batch
}

/** Rows that differ, and tell how many of them were taken, and whether anybody waits for more. */
export function watchedRows(most: number) {
  const seen = { taken: 0, isClosed: false }
  function* rows(): Generator<Value[]> {
    try {
      for (let i = 0; i < most; i++) {
        seen.taken += 1
        // of many digits, so that packing leaves something of it
        const id = String((i * 2_654_435_761) % 4_294_967_291).repeat(10)
        yield [id, 'EUR', i, i * 7, '2026-06-01T16:00:00.123456-04:00', '2026-06-01', '0.19']
      }
    } finally {
      seen.isClosed = true
    }
  }
  return { rows: rows(), seen }
}

/** All of a file. */
export async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

/** How many rows a writer has taken when only so many of its pieces were, and it took no more. */
export async function takenAfter(
  pieces: number,
  file: AsyncIterable<Uint8Array>,
  seen: { taken: number },
): Promise<number> {
  const left = file[Symbol.asyncIterator]()
  for (let i = 0; i < pieces; i++) await left.next()
  let taken = -1
  while (taken !== seen.taken) {
    taken = seen.taken
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await left.return?.()
  return taken
}
