import { handler } from '../../functions/http/retention.ts'
import type { Role } from '../../lib/access/grants.ts'
import { backdate, keptRows } from '../support/aged.ts'
import { paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const path = '/v1/venues/{venueId}/privacy/retention'
const as = (venueId: string, role: Role) => ({
  caller: { venues: { [venueId]: role } },
  params: { venueId },
})
const read = (venueId: string, role: Role = 'manager') =>
  request(handler, `GET ${path}`, as(venueId, role))
const put = (venueId: string, keepMonths: object, ifMatch = '*', role: Role = 'owner') =>
  request(handler, `PUT ${path}`, {
    ...as(venueId, role),
    headers: { 'if-match': ifMatch },
    body: { keepMonths },
  })
const run = (venueId: string, dryRun: boolean, role: Role = 'owner') =>
  request(handler, `POST ${path}/run`, { ...as(venueId, role), body: { dryRun } })

const defaults = { quarantine: 13, intake: 25, rawEvents: 25 }
const yearsAgo = (years: number) => new Date(Date.now() - years * 366 * 86_400_000).toISOString()

test('a venue that nobody has set a policy for has the defaults', async () => {
  const { status, body } = await read(unique('v'))
  expect([status, body]).toEqual([200, { keepMonths: defaults }])
})

test('a change is read afterwards, and a class that is left out has its default again', async () => {
  const venue = unique('v')
  const before = await read(venue)
  const changed = await put(venue, { quarantine: 3, rawEvents: 84 }, before.headers.etag)
  expect(changed.body.keepMonths).toEqual({ quarantine: 3, intake: 25, rawEvents: 84 })
  const after = await read(venue)
  expect([after.body, after.headers.etag]).toEqual([changed.body, changed.headers.etag])
  expect((await put(venue, { intake: 1 })).body.keepMonths).toEqual({ ...defaults, intake: 1 })
})

test('without If-Match 428, with an old one 412, and of ten at once one is made', async () => {
  const venue = unique('v')
  const { etag = '' } = (await read(venue)).headers
  expect((await put(venue, {}, '')).status).toBe(428)
  const months = Array.from({ length: 10 }, (_, i) => i + 1)
  const answers = await Promise.all(months.map((intake) => put(venue, { intake }, etag)))
  const made = answers.filter(({ status }) => status === 200)
  expect([made.length, answers.filter(({ status }) => status === 412).length]).toEqual([1, 9])
  expect((await read(venue)).body).toEqual(made[0]?.body)
  expect((await put(venue, {}, etag)).status).toBe(412)
})

const wrong: [field: string, months: unknown][] = [
  ['rawEvents', 0],
  ['rawEvents', 85],
  ['rawEvents', 1.5],
  ['quarantine', -1],
  ['quarantine', '13'],
  ['intake', null],
]

test.each(wrong)('%s of %j months is refused by its name', async (field, months) => {
  const venue = unique('v')
  const { status, body } = await put(venue, { [field]: months })
  expect(status).toBe(400)
  expect(body.issues).toContainEqual(expect.objectContaining({ path: `keepMonths.${field}` }))
  expect((await read(venue)).body.keepMonths).toEqual(defaults)
})

test('what proves a number has no policy', async () => {
  for (const field of ['inbox', 'ledger', 'recordedValues']) {
    const { status, body } = await put(unique('v'), { [field]: 1 })
    expect(status).toBe(400)
    expect(body.issues).toContainEqual(
      expect.objectContaining({ path: `keepMonths.${field}`, code: 'unknown_field' }),
    )
  }
})

test('a manager reads, an owner decides, and another venue’s is not found', async () => {
  const [venue, foreign] = [unique('v'), unique('v-foreign')]
  expect((await read(venue, 'analyst')).status).toBe(403)
  expect((await put(venue, {}, '*', 'manager')).status).toBe(403)
  expect((await run(venue, true, 'manager')).status).toBe(403)
  const of = { ...as(venue, 'owner'), params: { venueId: foreign } }
  const told = { headers: { 'if-match': '*' }, body: { keepMonths: { intake: 1 } } }
  expect((await request(handler, `GET ${path}`, of)).status).toBe(404)
  expect((await request(handler, `PUT ${path}`, { ...of, ...told })).status).toBe(404)
  const asked = { ...of, body: { dryRun: false } }
  expect((await request(handler, `POST ${path}/run`, asked)).status).toBe(404)
  expect((await read(foreign)).body.keepMonths).toEqual(defaults)
})

test('a dry run tells what a run then deletes, and deletes nothing', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue), { venue_id: venue, type: 'none', event_id: unique('e') })
  await backdate(venue, yearsAgo(3))
  const before = await keptRows(venue)
  const dry = await run(venue, true)
  expect(await keptRows(venue)).toEqual(before)
  expect(dry.body.classes).toMatchObject([
    { class: 'quarantine', keepMonths: 13, count: 1, isComplete: true },
    { class: 'intake', keepMonths: 25, count: 2, isComplete: true },
    { class: 'rawEvents', keepMonths: 25, count: 2, isComplete: true },
  ])
  for (const { oldest, keptSince } of dry.body.classes) expect(oldest < keptSince).toBe(true)
  const done = await run(venue, false)
  expect(done.body).toEqual({ ...dry.body, dryRun: false })
  expect(await keptRows(venue)).toEqual({ quarantine: 0, intake: 0, rawEvents: 0 })
  const again = (await run(venue, false)).body.classes
  expect(again.map(({ count, oldest }: never) => [count, oldest])).toEqual(Array(3).fill([0, null]))
})

test('what dryRun is must be said', async () => {
  const venue = unique('v')
  const { status, body } = await request(handler, `POST ${path}/run`, {
    ...as(venue, 'owner'),
    body: {},
  })
  expect([status, body.issues[0].path]).toEqual([400, 'dryRun'])
})
