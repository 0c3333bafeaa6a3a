import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import type { Format } from '../../lib/exports/catalogue.ts'
import { paid, unique } from '../support/events.ts'
import {
  asked,
  base,
  created,
  download,
  exported,
  fill,
  ownExports,
  run,
  written,
} from '../support/exports.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

const year = { from: '2026-01-01', to: '2027-01-01' }
const formats: Format[] = ['csv', 'ndjson', 'json', 'xlsx', 'parquet']
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

ownExports()
afterAll(closeStores)

test('what was asked for is written, told and downloaded', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue))
  const told = await created(venue, { type: 'order-lines', format: 'csv', ...year })
  expect(told).toMatchObject({ status: 'pending', progress: 0, rows: null })
  await run(venue, told.id)
  const whole = await exported(venue, told.id)
  expect(whole).toMatchObject({ status: 'completed', progress: 100, rows: 2 })
  const bytes = await download(venue, told.id)
  expect(bytes.length).toBe(whole.bytes)
  expect(sha256(bytes)).toBe(whole.sha256)
  const rows: { tickets_sold: string }[] = parse(bytes, { columns: true })
  expect(rows.map(({ tickets_sold }) => tickets_sold)).toEqual(['2', '2'])
  const { total } = await ask(venue, 'gross_revenue', { ...year, granularity: 'none' })
  expect(whole.manifest?.totals).toEqual([
    { currency: 'USD', values: expect.objectContaining({ gross_revenue: total }) },
  ])
  expect(whole.manifest).toMatchObject({ rows: 2, bytes: whole.bytes, sha256: whole.sha256 })
})

test.each(formats)(
  '%s is the same to the byte when it is asked again as of the same moment',
  async (format) => {
    const venue = unique('v')
    await deliver(paid(venue), paid(venue, {}, { quantity: 3 }))
    for (const type of ['order-lines', 'sales-daily', 'ledger']) {
      const first = await written(venue, { type, format, ...year })
      await deliver(paid(venue), paid(venue, { occurred_at: '2026-05-01T12:00:00Z' }))
      const second = await written(venue, { type, format, ...year, asOf: first.asOf })
      const now = await written(venue, { type, format, ...year })
      expect(second).toMatchObject({ asOf: first.asOf, rows: first.rows, sha256: first.sha256 })
      expect(await download(venue, second.id)).toEqual(await download(venue, first.id))
      expect(now.sha256).not.toBe(first.sha256)
    }
  },
)

test('what is counted while an export is asked for never changes its file', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  let isOver = false
  const stream = async () => {
    while (!isOver) await deliver(...Array.from({ length: 5 }, () => paid(venue)))
  }
  const streams = [stream(), stream()]
  const told = []
  for (let i = 0; i < 6; i += 1) {
    told.push(await created(venue, { type: 'ledger', format: 'csv', ...year }))
  }
  // Half of the files are written while events come, all of them again when none do.
  for (const { id } of told.slice(0, 3)) await run(venue, id)
  isOver = true
  await Promise.all(streams)
  for (const { id } of told.slice(3)) await run(venue, id)
  for (const { id, asOf } of told) {
    const first = await exported(venue, id)
    const again = await written(venue, { type: 'ledger', format: 'csv', ...year, asOf })
    expect([again.rows, again.sha256]).toEqual([first.rows, first.sha256])
  }
})

test('status and progress never go back over the API, and end at 100 with the file', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  await fill(venue, 20_000)
  const { id } = await created(venue, { type: 'order-lines', format: 'ndjson', ...year })
  const order = ['pending', 'running', 'completed']
  const seen = [await exported(venue, id)]
  let isOver = false
  const running = run(venue, id).finally(() => {
    isOver = true
  })
  while (!isOver) seen.push(await exported(venue, id))
  await running
  seen.push(await exported(venue, id))
  const places = seen.map(({ status }) => order.indexOf(status))
  expect(places).toEqual(places.toSorted())
  const progress = seen.map((one) => one.progress)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  expect(seen.filter((one) => one.progress === 100).map(({ status }) => status)).toEqual(
    seen.filter(({ status }) => status === 'completed').map(() => 'completed'),
  )
  expect(seen.at(-1)).toMatchObject({ status: 'completed', progress: 100, rows: 20_001 })
})

test.each(formats)(
  '%s of more rows than are on their way at once ends, however slowly they are taken',
  async (format) => {
    const venue = unique('v')
    await deliver(paid(venue))
    await fill(venue, 19_999)
    const whole = await written(venue, { type: 'order-lines', format, ...year })
    expect(whole).toMatchObject({ status: 'completed', rows: 20_000 })
    const bytes = await download(venue, whole.id)
    expect([bytes.length, sha256(bytes)]).toEqual([whole.bytes, whole.sha256])
  },
)

test.each(formats)('%s of nothing is a file without rows', async (format) => {
  const venue = unique('v')
  const whole = await written(venue, { type: 'sales-daily', format, ...year })
  expect(whole).toMatchObject({ status: 'completed', rows: 0, progress: 100 })
  expect(whole.manifest?.totals).toEqual([])
  const bytes = await download(venue, whole.id)
  expect([bytes.length, sha256(bytes)]).toEqual([whole.bytes, whole.sha256])
  if (format === 'csv') expect(bytes.toString()).toMatch(/^day,event,currency,[\w,]+\r\n$/)
})

test('exports are listed by status, type and person, the latest first', async () => {
  const venue = unique('v')
  const ask = (type: string, userId: string) =>
    asked(venue, `POST ${base}`, { body: { type, format: 'csv', ...year }, userId })
  const [first, second, third] = [
    (await ask('orders', 'ann')).body.id,
    (await ask('fees', 'bob')).body.id,
    (await ask('orders', 'bob')).body.id,
  ]
  await run(venue, first)
  const idsOf = async (query: Record<string, string>) => {
    const { body } = await asked(venue, `GET ${base}`, { query })
    return body.items.map(({ id }: { id: string }) => id)
  }
  expect(await idsOf({})).toEqual([third, second, first])
  expect(await idsOf({ status: 'completed' })).toEqual([first])
  expect(await idsOf({ status: 'pending' })).toEqual([third, second])
  expect(await idsOf({ type: 'orders' })).toEqual([third, first])
  expect(await idsOf({ createdBy: 'bob', type: 'orders' })).toEqual([third])
  expect(await idsOf({ createdBy: 'nobody' })).toEqual([])
})

test('pages of exports name each once, whatever is asked for in between', async () => {
  const venue = unique('v')
  const body = { type: 'fees', format: 'csv', ...year }
  const all: string[] = []
  for (let i = 0; i < 9; i += 1) all.push((await created(venue, body)).id)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const query = { limit: '2', ...(cursor && { cursor }) }
    const page = await asked(venue, `GET ${base}`, { query })
    seen.push(...page.body.items.map(({ id }: { id: string }) => id))
    cursor = page.body.nextCursor
    if (seen.length < 9) await created(venue, body)
  } while (cursor)
  expect(seen).toEqual(all.toReversed())
  const other = await asked(unique('v'), `GET ${base}`, { query: { cursor: 'bm90aGluZw.x' } })
  expect(other.status).toBe(400)
})
