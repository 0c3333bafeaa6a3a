import { createHmac } from 'node:crypto'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { paid, unique } from '../support/events.ts'
import {
  asked,
  base,
  created,
  download,
  exported,
  hurry,
  linkOf,
  objectsOf,
  ownExports,
  run,
  tended,
  written,
} from '../support/exports.ts'
import { closeStores, deliver } from '../support/service.ts'

const good = { type: 'order-lines', format: 'csv', from: '2026-01-01', to: '2027-01-01' }
const one = `${base}/{exportId}`
const routes = [`GET ${one}`, `POST ${one}/download`, `POST ${one}/cancel`, `DELETE ${one}`]
const all = [`GET ${base}`, `POST ${base}`, ...routes]
const bodyOf = (route: string) => (route === `POST ${base}` ? { body: good } : {})

let venue: string
let exportId: string

ownExports()
beforeAll(async () => {
  venue = unique('v')
  await deliver(paid(venue))
  exportId = (await written(venue, good)).id
})
afterAll(closeStores)

const statusOf = async (...told: Parameters<typeof asked>) => (await asked(...told)).status

test.each(all)('%s is not there for somebody of another venue', async (route) => {
  const other = { [unique('v')]: 'owner' as const }
  const told = { params: { exportId }, venues: other, ...bodyOf(route) }
  expect(await statusOf(venue, route, told)).toBe(404)
})

test.each(routes)('%s finds no export of another venue by its id', async (route) => {
  const own = unique('v')
  expect(await statusOf(own, route, { params: { exportId }, role: 'owner' })).toBe(404)
  for (const id of [unique('x'), '%', '..', 'ffffffff-ffff-4fff-bfff-ffffffffffff', 'null']) {
    expect(await statusOf(venue, route, { params: { exportId: id } })).toBe(404)
  }
  expect((await exported(venue, exportId)).status).toBe('completed')
})

test.each(all)('%s is forbidden to a viewer', async (route) => {
  const told = { params: { exportId }, role: 'viewer' as const, ...bodyOf(route) }
  expect(await statusOf(venue, route, told)).toBe(403)
})

test('an analyst has only their own exports, a manager all', async () => {
  const own = unique('v')
  await deliver(paid(own))
  const as = (userId: string, role: 'analyst' | 'manager' = 'analyst') => ({ userId, role })
  const mine = (await asked(own, `POST ${base}`, { ...as('ann'), body: good })).body.id
  await run(own, mine)
  for (const route of routes) {
    expect([
      route,
      await statusOf(own, route, { params: { exportId: mine }, ...as('bob') }),
    ]).toEqual([route, 404])
  }
  const listed = async (who: object) =>
    (await asked(own, `GET ${base}`, who)).body.items.map(({ id }: { id: string }) => id)
  expect(await listed(as('ann'))).toEqual([mine])
  expect(await listed(as('bob'))).toEqual([])
  expect(await listed({ ...as('bob'), query: { createdBy: 'ann' } })).toEqual([])
  expect(await listed({ ...as('ann'), query: { createdBy: 'ann' } })).toEqual([mine])
  expect(await listed(as('max', 'manager'))).toEqual([mine])
  const params = { exportId: mine }
  expect(await statusOf(own, `POST ${one}/download`, { params, ...as('ann') })).toBe(200)
  expect(await statusOf(own, `POST ${one}/download`, { params, ...as('max', 'manager') })).toBe(200)
  expect(await statusOf(own, `POST ${one}/cancel`, { params, ...as('ann') })).toBe(409)
  expect(await statusOf(own, `DELETE ${one}`, { params, ...as('ann') })).toBe(204)
  expect(await statusOf(own, `GET ${one}`, { params, ...as('ann') })).toBe(404)
})

test('a file is opened by its link alone, as the file that it is', async () => {
  const { url, expiresAt } = await linkOf(venue, exportId)
  const link = new URL(url)
  expect(Number(link.searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(900)
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(900_000)
  expect(link.pathname).toContain(`/venues/${venue}/exports/${exportId}/`)
  const answer = await fetch(url)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  const name = `order-lines_${venue}_2026-01-01_2027-01-01.csv`
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="${name}"; filename*=UTF-8''${name}`,
  )
  expect((await exported(venue, exportId)).manifest?.fileName).toBe(name)
})

test('a link that was tampered with, has expired or is not signed opens nothing', async () => {
  const { url } = await linkOf(venue, exportId)
  const changed = (change: (link: URL) => void) => {
    const link = new URL(url)
    change(link)
    return link.href
  }
  const set = (name: string, value: string) =>
    changed(({ searchParams }) => searchParams.set(name, value))
  const other = (await written(venue, good)).id
  const [otherKey] = await objectsOf(venue, other)
  const forged = createHmac('sha256', 'guessed').update(url).digest('hex')
  const links = {
    unsigned: changed((link) => {
      link.search = ''
    }),
    longer: set('X-Amz-Expires', '604800'),
    'signed by another': set('X-Amz-Signature', forged),
    'of another key': changed((link) => {
      link.pathname = `/${process.env.EXPORTS_BUCKET}/${otherKey}`
    }),
    'of the folder above': changed((link) => {
      link.pathname = `${link.pathname.split('/').slice(0, -1).join('/')}/`
    }),
    'as a page': set('response-content-type', 'text/html'),
    'under another name': set('response-content-disposition', 'inline'),
    'signed long ago': set('X-Amz-Date', '20200101T000000Z'),
    'by another person': set('X-Amz-Credential', 'AKIA/20260101/us-east-1/s3/aws4_request'),
  }
  for (const [name, link] of Object.entries(links)) {
    expect([name, (await fetch(link)).status]).toEqual([name, 403])
  }
})

test('there is no file before the end, and none after seven days', async () => {
  const own = unique('v')
  const { id } = await created(own, good)
  const params = { exportId: id }
  const link = () => asked(own, `POST ${one}/download`, { params })
  expect((await link()).status).toBe(409)
  await run(own, id)
  expect((await link()).status).toBe(200)
  await hurry(own, '8 days')
  // The clock has not looked yet.
  expect([(await link()).status, (await exported(own, id)).status]).toEqual([410, 'completed'])
  expect(await objectsOf(own)).toHaveLength(1)
  await tended()
  expect([(await link()).status, (await exported(own, id)).status]).toEqual([410, 'expired'])
  expect(await objectsOf(own)).toEqual([])
})

test('failed and cancelled exports have no file', async () => {
  const own = unique('v')
  const [failed, cancelled] = [await created(own, good), await created(own, good)]
  await withTenantJob(
    own,
    (tx) => tx`
      update exports set status = 'failed', error = '{"code":"internal","message":"no"}'
       where venue_id = ${own} and export_id = ${failed.id}::text::uuid`,
  )
  await asked(own, `POST ${one}/cancel`, { params: { exportId: cancelled.id } })
  for (const { id } of [failed, cancelled]) {
    expect(await statusOf(own, `POST ${one}/download`, { params: { exportId: id } })).toBe(409)
  }
  expect((await exported(own, failed.id)).error).toEqual({ code: 'internal', message: 'no' })
})

test('no id and no filter of a caller comes near a key, a name or another venue', async () => {
  const own = unique('v')
  const hostile = `../../${venue}/exports/"; drop table exports; --\r\nX: y`
  await deliver(paid(own, { event_ref: { event_id: hostile } }), paid(own))
  const filters = [
    { dimension: 'event', op: 'eq', values: [hostile] },
    { dimension: 'channel', op: 'neq', values: ["' or venue_id <> '"] },
  ]
  const whole = await written(own, { ...good, filters })
  expect(whole).toMatchObject({ status: 'completed', rows: 1 })
  const [key, ...others] = await objectsOf(own)
  expect(others).toEqual([])
  expect(key).toMatch(new RegExp(`^venues/${own}/exports/${whole.id}/[0-9a-f-]{36}\\.csv$`))
  expect(whole.manifest?.fileName).toBe(`order-lines_${own}_2026-01-01_2027-01-01.csv`)
  expect((await download(own, whole.id)).toString()).toContain('drop table exports')
})

test('a key of another person’s request opens nothing, and a link is made anew whatever the key', async () => {
  const headers = { 'idempotency-key': unique('k') }
  const own = { role: 'analyst' as const, userId: 'ana', headers }
  const told = await asked(venue, `POST ${base}`, { ...own, body: good })
  expect(told.status).toBe(202)
  const other = await asked(venue, `POST ${base}`, { ...own, userId: 'bob', body: good })
  expect([other.status, other.body.code]).toEqual([422, 'unprocessable'])
  const params = { exportId: told.body.id }
  await run(venue, told.body.id)
  const link = (userId: string) =>
    asked(venue, `POST ${base}/{exportId}/download`, { ...own, userId, params })
  expect((await link('ana')).status).toBe(200)
  expect((await link('bob')).status).toBe(404)
  await asked(venue, `DELETE ${base}/{exportId}`, { role: 'manager', params })
  expect((await link('ana')).status).toBe(404)
})
