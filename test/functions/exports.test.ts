import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { paid, unique } from '../support/events.ts'
import { created, download, exported, ownExports, run } from '../support/exports.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

const year = { from: '2026-01-01', to: '2027-01-01' }

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
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(whole.sha256)
  const rows = parse(bytes, { columns: true })
  console.error(rows, JSON.stringify(whole))
  const { total } = await ask(venue, 'gross_revenue', { ...year, granularity: 'none' })
  expect(whole.manifest?.totals).toEqual([
    { currency: 'USD', values: expect.objectContaining({ gross_revenue: total }) },
  ])
})

test.each(['ndjson', 'json', 'xlsx', 'parquet'] as const)('%s is written', async (format) => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue))
  const told = await created(venue, { type: 'order-lines', format, ...year })
  await run(venue, told.id)
  expect(await exported(venue, told.id)).toMatchObject({ status: 'completed', rows: 2 })
})
void gunzipSync
