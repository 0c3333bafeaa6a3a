import { readTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { mostOpen, requestExport } from '../../lib/exports/request.ts'
import { NewExport } from '../../lib/exports/schema.ts'
import { countOpen } from '../../lib/exports/store.ts'
import { unique } from '../support/events.ts'
import { asked, base, created, exported, ownExports, run } from '../support/exports.ts'
import { closeStores } from '../support/service.ts'

const good = { type: 'fees', format: 'csv', from: '2026-01-01', to: '2027-01-01' }

ownExports()
afterAll(closeStores)

const refused: [string, object, number, string][] = [
  ['an unknown type', { type: 'secrets' }, 400, 'type'],
  ['a type of the prototype', { type: '__proto__' }, 400, 'type'],
  ['an unknown format', { format: 'pdf' }, 400, 'format'],
  ['a time that is empty', { to: '2026-01-01' }, 400, 'to'],
  ['a time that runs backwards', { to: '2025-12-31' }, 400, 'to'],
  ['more than 3,700 days', { from: '2016-11-13' }, 422, 'to'],
  ['a day that is none', { from: '2026-02-30' }, 400, 'from'],
  ['a mark in NDJSON', { format: 'ndjson', options: { bom: true } }, 400, 'options.bom'],
  ['cells in JSON', { format: 'json', options: { delimiter: ';' } }, 400, 'options.delimiter'],
  ['a comma in a workbook', { format: 'xlsx', options: { decimal: ',' } }, 400, 'options.decimal'],
  ['a packed workbook', { format: 'xlsx', options: { gzip: true } }, 400, 'options.gzip'],
  ['packed Parquet', { format: 'parquet', options: { gzip: true } }, 400, 'options.gzip'],
  ['a comma between and in cells', { options: { decimal: ',' } }, 400, 'options.decimal'],
  ['a delimiter of two', { options: { delimiter: ';;' } }, 400, 'options.delimiter'],
  ['an option that is none', { options: { path: '../x' } }, 400, 'options.path'],
  ['a zone that is none', { options: { tz: 'Mars/Olympus' } }, 400, 'options.tz'],
]

test.each(refused)('%s is refused, and the field is named', async (_, more, status, path) => {
  const venue = unique('v')
  const answer = await asked(venue, `POST ${base}`, { body: { ...good, ...more } })
  expect([answer.status, answer.body.issues?.map((issue: { path: string }) => issue.path)]).toEqual(
    [status, [path]],
  )
  expect(await readTenant(venue, (tx) => countOpen(tx, venue))).toBe(0)
})

test('3,700 days are written', async () => {
  const venue = unique('v')
  const { id } = await created(venue, { ...good, from: '2016-11-14' })
  await run(venue, id)
  expect(await exported(venue, id)).toMatchObject({ status: 'completed', rows: 0 })
})

test('a moment that is not yet is the present one', async () => {
  const venue = unique('v')
  const { asOf } = await created(venue, { ...good, asOf: '2999-01-01T00:00:00Z' })
  expect(asOf < '2999').toBe(true)
})

test('a request with an Idempotency-Key makes one export, however often and at once it comes', async () => {
  const venue = unique('v')
  const headers = { 'idempotency-key': 'once' }
  const ask = () => asked(venue, `POST ${base}`, { body: good, headers })
  const all = await Promise.all(Array.from({ length: 5 }, ask))
  const again = await ask()
  const ids = new Set(all.filter(({ status }) => status === 202).map(({ body }) => body.id))
  expect(ids).toEqual(new Set([again.body.id]))
  expect(all.every(({ status }) => status === 202 || status === 409)).toBe(true)
  expect(again.headers.location).toBe(`/v1/venues/${venue}/exports/${again.body.id}`)
  expect(await readTenant(venue, (tx) => countOpen(tx, venue))).toBe(1)
  const other = await asked(venue, `POST ${base}`, { body: { ...good, type: 'taxes' }, headers })
  expect(other.status).toBe(422)
})

test('a venue has a limit of open exports, however many are asked for at once', async () => {
  const venue = unique('v')
  const ask = () => asked(venue, `POST ${base}`, { body: good })
  const answers = await Promise.all(Array.from({ length: mostOpen + 5 }, ask))
  const taken = answers.filter(({ status }) => status === 202)
  const late = answers.filter(({ status }) => status !== 202)
  expect([taken.length, late.length]).toEqual([mostOpen, 5])
  for (const { status, headers, body } of late) {
    expect([status, headers['retry-after'], body.code]).toEqual([429, '30', 'rate_limited'])
    expect(body.detail).toContain(`${mostOpen} exports`)
  }
  // One that has ended makes room for one.
  await run(venue, taken[0]?.body.id)
  expect((await ask()).status).toBe(202)
  expect((await ask()).status).toBe(429)
  // And another venue has its own.
  expect((await asked(unique('v'), `POST ${base}`, { body: good })).status).toBe(202)
})

test('a request that is repeated after the export was deleted is told of the one it made', async () => {
  const venue = unique('v')
  const headers = { 'idempotency-key': 'k' }
  const ask = () => asked(venue, `POST ${base}`, { body: good, headers })
  const { body: first } = await ask()
  await run(venue, first.id)
  await asked(venue, `DELETE ${base}/{exportId}`, { params: { exportId: first.id } })
  const { status, body } = await ask()
  expect([status, body.id]).toEqual([202, first.id])
})

test('an id of a request is free again after a day, and when its export was deleted', async () => {
  const venue = unique('v')
  const body = NewExport.parse(good)
  const ask = (createdBy: string) => requestExport(venue, { createdBy, body, onceId: 'k' })
  const first = await ask('ann')
  expect((await ask('ann')).id).toBe(first.id)
  await withTenantJob(
    venue,
    (tx) => tx`
      update exports set created_at = created_at - interval '25 hours' where venue_id = ${venue}`,
  )
  const second = await ask('bob')
  expect([second.createdBy, second.id === first.id]).toEqual(['bob', false])
  // Deleted while a worker has it, the row is still there.
  await withTenantJob(
    venue,
    (tx) => tx`update exports set deleted_at = clock_timestamp() where venue_id = ${venue}`,
  )
  const third = await ask('bob')
  expect([first.id, second.id]).not.toContain(third.id)
})
