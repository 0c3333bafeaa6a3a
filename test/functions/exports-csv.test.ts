import { spawnSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import type { Options } from '../../lib/exports/schema.ts'
import { event, paid, unique } from '../support/events.ts'
import { download, ownExports, written } from '../support/exports.ts'
import { closeStores, deliver } from '../support/service.ts'

const year = { from: '2026-01-01', to: '2027-01-01' }
type Row = Record<string, string>

/** Texts that break a careless writer of CSV, or that a spreadsheet would take for a formula. */
const plain = [
  'one',
  'a,b;c\td|e',
  'say "hello", twice',
  '"',
  'line\nfeed',
  'carriage\r\nreturn',
  "'quoted'",
  ' space ',
  '😀 👩‍👩‍👧‍👦 e\u0301',
  'שלום עולם',
  '\u202egnirts',
  'null',
  '0012',
  '\\.',
  'a=1+1',
  '\u0001\u0002',
]
const formulas = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '＝1+1',
  '＋1',
  '－1',
  '＠SUM(A1)',
  '=HYPERLINK("http://x","y")',
]
const texts = [...plain, ...formulas]
const guarded = (text: string) => (formulas.includes(text) ? `'${text}` : text)

let venue: string

ownExports()
beforeAll(async () => {
  venue = unique('v')
  await deliver(
    ...texts.map((order_id) => paid(venue, { data: { order_id } })),
    ...[
      ['JPY', 1200],
      ['KWD', 1234],
      ['USD', 1205],
    ].map(([currency, unit_price_minor]) =>
      paid(
        venue,
        { event_ref: { event_id: 'abroad' }, data: { order_id: `of ${currency}`, currency } },
        { quantity: 1, unit_price_minor, promo_code: '-5%' },
      ),
    ),
  )
})
afterAll(closeStores)

async function fileOf(options: Partial<Options>, type = 'order-lines') {
  const whole = await written(venue, { type, format: 'csv', ...year, options })
  const bytes = await download(venue, whole.id)
  return { whole, bytes: options.gzip ? gunzipSync(bytes) : bytes }
}

const read = (bytes: Buffer, delimiter = ','): Row[] =>
  parse(bytes, { columns: true, delimiter, bom: true, record_delimiter: '\r\n' })

const idsOf = (rows: Row[]) => rows.map(({ order_id = '' }) => order_id)
const known = [...texts.map(guarded), 'of JPY', 'of KWD', 'of USD'].toSorted()

const styles: Partial<Options>[] = [
  {},
  { bom: true },
  { delimiter: ';', decimal: ',' },
  { delimiter: '\t' },
  { delimiter: '|' },
  { gzip: true },
  { gzip: true, bom: true, delimiter: ';', decimal: ',' },
]

test.each(styles)('every cell is read back from CSV with %j', async (options) => {
  const { delimiter = ',', decimal = '.', bom = false } = options
  const { whole, bytes } = await fileOf(options)
  expect(bytes.subarray(0, 3).equals(Buffer.from('\ufeff'))).toBe(bom)
  const rows = read(bytes, delimiter)
  expect(rows).toHaveLength(whole.rows ?? 0)
  expect(idsOf(rows).toSorted()).toEqual(known)
  const grossOf = (id: string) => rows.find(({ order_id }) => order_id === id)?.gross_revenue
  expect(['of JPY', 'of KWD', 'of USD', 'one'].map(grossOf)).toEqual([
    '1200',
    `1${decimal}234`,
    `12${decimal}05`,
    `91${decimal}00`,
  ])
})

test('every line ends with CRLF, also where cells have line feeds of their own', async () => {
  const { bytes } = await fileOf({})
  const text = bytes.toString()
  expect(text.endsWith('\r\n')).toBe(true)
  const outside = text.replaceAll(/"(?:[^"]|"")*"/g, '')
  expect(outside.match(/\r\n/g)).toHaveLength(known.length + 1)
  expect(outside.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
})

test('no text is a formula in a spreadsheet, in any column of text', async () => {
  const hostile = unique('v')
  const formula = '=cmd|x!A1'
  await deliver(
    paid(
      hostile,
      {
        event_ref: { event_id: formula, session_id: formula },
        data: { order_id: formula, promo_code: formula },
      },
      { ticket_type_id: formula, promo_code: formula },
    ),
  )
  for (const type of [
    'order-lines',
    'orders',
    'products',
    'sales-daily',
    'ledger',
    'promo-codes',
  ]) {
    const whole = await written(hostile, { type, format: 'csv', ...year })
    const rows = read(await download(hostile, whole.id))
    expect(rows.length).toBeGreaterThan(0)
    const cells = rows.flatMap((row) => Object.values(row))
    expect([type, cells.filter((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell))]).toEqual([type, []])
    expect(cells).toContain(`'${formula}`)
  }
})

test('a negative number stays a number', async () => {
  const refunding = unique('v')
  const given = { refund_id: 'r-1', currency: 'USD', amount_minor: 12_000 }
  await deliver(event(refunding, 'refund.completed', { data: { order_id: 'of nobody', ...given } }))
  const whole = await written(refunding, { type: 'settlement', format: 'csv', ...year })
  const [row] = read(await download(refunding, whole.id))
  expect(row?.net_revenue).toMatch(/^-\d+\.\d\d$/)
})

const python = spawnSync('python3', ['--version']).status === 0
if (!python) process.stderr.write('SKIPPED: python3 is not on PATH, its csv module reads no file\n')
const testWithPython = python ? test : test.skip

testWithPython.each(styles)('python’s csv module reads the same cells with %j', async (options) => {
  const { delimiter = ',' } = options
  const { bytes } = await fileOf(options)
  const program = `
import csv, io, json, sys
text = sys.stdin.buffer.read().decode('utf-8-sig')
rows = csv.DictReader(io.StringIO(text, newline=''), delimiter=sys.argv[1], strict=True)
json.dump(list(rows), sys.stdout)`
  const { stdout, stderr } = spawnSync('python3', ['-c', program, delimiter], { input: bytes })
  expect(stderr.toString()).toBe('')
  expect(JSON.parse(stdout.toString())).toEqual(read(bytes, delimiter))
})
