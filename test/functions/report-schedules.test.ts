import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { handler } from '../../functions/http/report-schedules.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { handler as runReports } from '../../functions/schedule/run-reports.ts'
import type { Role } from '../../lib/access/grants.ts'
import { type Tx, withTenant } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { reportEnded } from '../../lib/report-schedules/ended.ts'
import { runDueReports } from '../../lib/report-schedules/run-due.ts'
import type { ReportRun, Schedule } from '../../lib/report-schedules/schema.ts'
import { unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores, context } from '../support/service.ts'

let broadcasts = ''

beforeAll(async () => {
  broadcasts = await ownQueue('BROADCAST_QUEUE_URL')
  const { QueueUrl = '' } = await sqs().send(new CreateQueueCommand({ QueueName: unique('x') }))
  process.env.EXPORTS_QUEUE_URL = new URL(
    new URL(QueueUrl).pathname,
    process.env.AWS_ENDPOINT_URL,
  ).href
})
afterAll(closeStores)

const base = '/v1/venues/{venueId}/report-schedules'
const seven = {
  name: 'Yesterday’s sales',
  rule: 'FREQ=DAILY;BYHOUR=7;BYMINUTE=0',
  type: 'sales-daily',
  format: 'csv',
  period: 'previous_day',
}

/** Somebody of a venue, who asks. */
const somebody = (venueId: string, userId = 'u-ana', role: Role = 'analyst') => {
  const caller = { userId, venues: { [venueId]: role } }
  return (key: string, id?: string, more: Asked = {}) => {
    const [method = '', path = ''] = key.split(' ')
    const params = { venueId, ...(id !== undefined && { scheduleId: id }) }
    const isWrite = method !== 'GET'
    const headers = { ...(isWrite && { 'idempotency-key': unique('k') }), ...more.headers }
    return request(handler, `${method} ${base}${path}`, { caller, params, ...more, headers })
  }
}
type Somebody = ReturnType<typeof somebody>

async function made(ask: Somebody, more = {}): Promise<Schedule> {
  const { status, body } = await ask('POST ', undefined, { body: { ...seven, ...more } })
  expect([status, body.issues]).toEqual([201, undefined])
  return body
}
const one = async (ask: Somebody, id: string): Promise<Schedule> =>
  (await ask('GET /{scheduleId}', id)).body
const runsOf = async (ask: Somebody, id: string): Promise<ReportRun[]> =>
  (await ask('GET /{scheduleId}/runs', id)).body.items
const after = (instant: string | null, ms = 20_000) => new Date(Date.parse(instant ?? '') + ms)

type Export = { id: string; onceId: string; createdBy: string; type: string; question: Question }
type Question = { from: number; to: number; filters: unknown[]; options: Record<string, unknown> }
const exportsOf = (venueId: string) =>
  withTenant(
    venueId,
    (tx) => tx<Export[]>`
      select export_id as id, once_id, created_by, type, question from exports
       where venue_id = ${venueId} order by created_at`,
  )
const endExport = (venueId: string, status: 'completed' | 'failed') =>
  withTenant(
    venueId,
    (tx) => tx`
      update exports set status = ${status}, completed_at = clock_timestamp(),
             error = case when ${status} = 'failed' then '{"message": "The disk was full"}'::jsonb end
       where venue_id = ${venueId} and status = 'pending'`,
  )

type Told = { userId: string; kind: string; venueId: string; exportId: string; reason: string }
/** What people were told since the last call. */
async function told(venueId: string): Promise<Told[]> {
  const all: Told[] = []
  for (;;) {
    const { Messages = [] } = await sqs().send(
      new ReceiveMessageCommand({ QueueUrl: broadcasts, MaxNumberOfMessages: 10 }),
    )
    if (Messages.length === 0) break
    for (const { Body = '', ReceiptHandle } of Messages) {
      const { venueId: scope, item } = JSON.parse(Body)
      all.push({ userId: scope.replace(/^user:/, ''), ...JSON.parse(item.data) })
      await sqs().send(new DeleteMessageCommand({ QueueUrl: broadcasts, ReceiptHandle }))
    }
  }
  const own = all.filter((message) => message.venueId === venueId)
  return own.sort((a, b) => a.userId.localeCompare(b.userId))
}

test('a schedule is made, listed, changed and deleted', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const answer = await ask('POST ', undefined, {
    body: { ...seven, tz: 'Europe/Madrid', startsAt: '2026-01-01' },
  })
  const schedule: Schedule = answer.body
  expect(answer.headers.location).toBe(`/v1/venues/${venue}/report-schedules/${schedule.id}`)
  expect(schedule).toMatchObject({
    ...seven,
    ...{
      tz: 'Europe/Madrid',
      startsAt: '2026-01-01T00:00',
      filters: [],
      recipients: [],
      enabled: true,
      createdBy: 'u-ana',
    },
    ...{ lastRun: null, pausedReason: null },
  })
  expect(schedule.nextRunAt).toMatch(/T0[56]:00:00\.000000Z$/)
  const read = await ask('GET /{scheduleId}', schedule.id)
  expect([read.body, read.headers.etag]).toEqual([schedule, answer.headers.etag])
  expect((await ask('GET ')).body.items).toEqual([schedule])

  const change = { name: 'Sales', rule: 'FREQ=DAILY;BYHOUR=8;BYMINUTE=30', tz: null }
  const patch = (condition?: string) =>
    ask('PATCH /{scheduleId}', schedule.id, {
      body: change,
      ...(condition !== undefined && { headers: { 'if-match': condition } }),
    })
  expect((await patch()).status).toBe(428)
  expect((await patch('"report-schedule-1"')).status).toBe(412)
  const changed = await patch(read.headers.etag)
  expect([changed.status, changed.body]).toEqual([
    200,
    { ...schedule, ...change, nextRunAt: changed.body.nextRunAt },
  ])
  expect(changed.body.nextRunAt).toMatch(/T08:30:00\.000000Z$/)
  expect((await patch(read.headers.etag)).status).toBe(412)

  expect((await ask('DELETE /{scheduleId}', schedule.id)).status).toBe(204)
  expect((await ask('GET /{scheduleId}', schedule.id)).status).toBe(404)
  expect((await ask('GET ')).body.items).toEqual([])
})

test('a request that is repeated makes one schedule, and lists go on page by page', async () => {
  const ask = somebody(unique('v'))
  const again = { body: seven, headers: { 'idempotency-key': 'k-1' } }
  const [first, second] = [
    await ask('POST ', undefined, again),
    await ask('POST ', undefined, again),
  ]
  expect(second.body).toEqual(first.body)
  const more = await made(ask, { name: 'Another' })
  const page = await ask('GET ', undefined, { query: { limit: '1' } })
  expect(page.body.items).toEqual([more])
  const query = { limit: '1', cursor: page.body.nextCursor }
  const { body: rest } = await ask('GET ', undefined, { query })
  expect(rest).toEqual({ items: [first.body], nextCursor: null })
})

const wrong: [object, string][] = [
  [{ rule: 'FREQ=MINUTELY' }, 'rule'],
  [{ rule: 'FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31' }, 'rule'],
  [{ rule: `FREQ=DAILY;BYHOUR=${'1,'.repeat(300)}1` }, 'rule'],
  [{ rule: 'FREQ=DAILY;COUNT=3', startsAt: '2020-01-01' }, 'rule'],
  [{ startsAt: '2026-02-30' }, 'startsAt'],
  [{ startsAt: '2026-06-01T07:00:00Z' }, 'startsAt'],
  [{ tz: 'Nowhere' }, 'tz'],
  [{ name: '' }, 'name'],
  [{ format: 'pdf' }, 'format'],
  [{ period: 'tomorrow' }, 'period'],
  [{ format: 'xlsx', options: { gzip: true } }, 'options.gzip'],
  [{ options: { decimal: ',' } }, 'options.decimal'],
  [{ recipients: ['u-1', 'u-1'] }, 'recipients'],
  [{ recipients: Array.from({ length: 51 }, (_, i) => `u-${i}`) }, 'recipients'],
  [{ createdBy: 'u-2' }, 'createdBy'],
]

test('what is no schedule is refused by the field, new or as a change', async () => {
  const ask = somebody(unique('v'))
  const { id } = await made(ask)
  for (const [more, path] of wrong) {
    const answer = await ask('POST ', undefined, { body: { ...seven, ...more } })
    expect([more, answer.status, answer.body.issues?.[0].path]).toEqual([more, 400, path])
    const change = { body: more, headers: { 'if-match': '*' } }
    const changed = await ask('PATCH /{scheduleId}', id, change)
    expect([more, changed.status, changed.body.issues?.[0].path]).toEqual([more, 400, path])
  }
  const packed = { body: { options: { gzip: true } }, headers: { 'if-match': '*' } }
  expect((await ask('PATCH /{scheduleId}', id, packed)).status).toBe(200)
  // What is packed already cannot be packed: the change is looked at with what stays.
  const sheet = { body: { format: 'xlsx' }, headers: { 'if-match': '*' } }
  expect((await ask('PATCH /{scheduleId}', id, sheet)).body.issues[0].path).toBe('options.gzip')
})

test('a venue has a hundred schedules at most, also where many are made at once', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const { id } = await made(ask)
  await withTenant(
    venue,
    (tx) => tx`
      insert into report_schedules
      select s.venue_id, gen_random_uuid(), 'k ' || n, created_by, created_at, revision, name, rule,
             starts_at, tz, type, format, period, filters, options, recipients, enabled,
             paused_reason, null, planned_after, planned_zone
        from report_schedules s, generate_series(1, 97) n
       where s.venue_id = ${venue}`,
  )
  const many = [1, 2, 3, 4].map(() => ask('POST ', undefined, { body: seven }))
  const statuses = (await Promise.all(many)).map(({ status }) => status)
  expect(statuses.sort()).toEqual([201, 201, 422, 422])
  await ask('DELETE /{scheduleId}', id)
  expect((await ask('POST ', undefined, { body: seven })).status).toBe(201)
})

test('another’s schedule is not found by an analyst, and whoever manages the venue has all', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const [ana, bob] = [somebody(venue), somebody(venue, 'u-bob')]
  const schedule = await made(ana)
  const everything: [string, Asked][] = [
    ['GET /{scheduleId}', {}],
    ['PATCH /{scheduleId}', { body: { name: 'Mine' }, headers: { 'if-match': '*' } }],
    ['POST /{scheduleId}/run', {}],
    ['GET /{scheduleId}/runs', {}],
    ['DELETE /{scheduleId}', {}],
  ]
  const strangers = [bob, somebody(other, 'u-ana', 'owner')]
  for (const stranger of strangers) {
    for (const [key, asked] of everything) {
      expect([key, (await stranger(key, schedule.id, asked)).status]).toEqual([key, 404])
      expect([key, (await stranger(key, 'no-id', asked)).status]).toEqual([key, 404])
    }
    expect((await stranger('GET ')).body.items).toEqual([])
  }
  expect(await one(ana, schedule.id)).toEqual(schedule)
  expect(await exportsOf(venue)).toEqual([])
  expect((await somebody(venue, 'u-v', 'viewer')('GET ')).status).toBe(403)

  const manager = somebody(venue, 'u-max', 'manager')
  expect((await manager('GET ')).body.items).toEqual([schedule])
  const statuses = []
  for (const [key, asked] of everything)
    statuses.push((await manager(key, schedule.id, asked)).status)
  expect(statuses).toEqual([200, 200, 202, 200, 204])
  expect((await ana('GET /{scheduleId}', schedule.id)).status).toBe(404)
})

test('ten ticks at once ask for one export of a due time', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const asked = { recipients: ['u-rex'], options: { currency: 'USD' }, tz: 'America/New_York' }
  const schedule = await made(ask, asked)
  const due = after(schedule.nextRunAt)
  expect(await exportsOf(venue)).toEqual([])
  await Promise.all(Array.from({ length: 10 }, () => runDueReports(due)))
  const [run, ...rest] = await runsOf(ask, schedule.id)
  expect(rest).toEqual([])
  const exports = await exportsOf(venue)
  expect(exports).toHaveLength(1)
  const [file] = exports
  expect(run).toMatchObject({
    ...{ startedBy: 'clock', askedBy: 'u-ana', state: 'requested' },
    ...{ dueAt: schedule.nextRunAt, exportId: file?.id },
  })
  const dueAt = new Date(schedule.nextRunAt ?? '').toISOString()
  expect(file).toMatchObject({
    ...{ onceId: `schedule ${schedule.id} ${dueAt}`, createdBy: 'u-ana', type: 'sales-daily' },
  })
  // Yesterday by the clocks of New York, at seven in the morning there.
  const { from, to, options } = (file as Export).question
  const hours = (Date.parse(dueAt) - to) / 3_600_000
  expect([6, 7, 8]).toContain(hours)
  expect([23, 24, 25]).toContain((to - from) / 3_600_000)
  expect(options).toMatchObject({ tz: 'America/New_York', currency: 'USD', gzip: false })
  const next = await one(ask, schedule.id)
  expect(next.lastRun).toEqual(run)
  expect(Date.parse(next.nextRunAt ?? '')).toBeGreaterThan(due.getTime())
  await runDueReports(due)
  expect(await exportsOf(venue)).toEqual(exports)
})

test('times that were missed run once, for the latest of them', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const schedule = await made(ask)
  await runDueReports(after(schedule.nextRunAt, 5 * 86_400_000 + 3_600_000))
  const runs = await runsOf(ask, schedule.id)
  const fifth = after(schedule.nextRunAt, 5 * 86_400_000).toISOString()
  expect(runs.map(({ dueAt }) => new Date(dueAt).toISOString())).toEqual([fifth])
  const next = after((await one(ask, schedule.id)).nextRunAt, 0).toISOString()
  expect(next).toBe(after(schedule.nextRunAt, 6 * 86_400_000).toISOString())
})

test('whoever dies between two steps is followed by a tick that repeats nothing', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const schedule = await made(ask)
  const due = after(schedule.nextRunAt)
  await runDueReports(due)
  const [file] = await exportsOf(venue)
  const before = await runsOf(ask, schedule.id)
  // It died after the export was asked for and before that was noted.
  await withTenant(
    venue,
    (tx) => tx`
      update report_runs set state = 'pending', export_id = null where venue_id = ${venue}`,
  )
  await runDueReports(due)
  expect(await runsOf(ask, schedule.id)).toEqual(before)
  expect((await exportsOf(venue)).map(({ id }) => id)).toEqual([file?.id])
  // It died after the run was noted and before the export was asked for.
  await withTenant(venue, async (tx) => {
    await tx`delete from exports where venue_id = ${venue}`
    await tx`update report_runs set state = 'pending', export_id = null where venue_id = ${venue}`
  })
  await Promise.all([1, 2, 3].map(() => runDueReports(due)))
  const [again, ...rest] = await exportsOf(venue)
  expect(rest).toEqual([])
  expect(await runsOf(ask, schedule.id)).toEqual([{ ...before[0], exportId: again?.id }])
})

test('recipients hear of a file by its id, and the owner of what failed', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const schedule = await made(ask, { recipients: ['u-rex', 'u-zoe'] })
  const due = after(schedule.nextRunAt)
  await runDueReports(due)
  const [file] = await exportsOf(venue)
  const end = { onceId: file?.onceId ?? '' }
  await reportEnded(venue, end)
  expect([await told(venue), (await one(ask, schedule.id)).lastRun?.state]).toEqual([
    [],
    'requested',
  ])
  await endExport(venue, 'completed')
  await Promise.all([reportEnded(venue, end), reportEnded(venue, { onceId: 'request-1' })])
  const messages = await told(venue)
  expect(messages.map(({ userId, kind, exportId }) => [userId, kind, exportId])).toEqual([
    ['u-rex', 'report.completed', file?.id],
    ['u-zoe', 'report.completed', file?.id],
  ])
  expect(JSON.stringify(messages)).not.toContain('http')
  await reportEnded(venue, end)
  expect(await told(venue)).toEqual([])
  expect((await one(ask, schedule.id)).lastRun).toMatchObject({ state: 'completed', reason: null })

  // Nobody calls of the next one: the clock finds how it ended.
  const next = after((await one(ask, schedule.id)).nextRunAt)
  await runDueReports(next)
  await endExport(venue, 'failed')
  await runDueReports(next)
  expect(await told(venue)).toMatchObject([
    { userId: 'u-ana', kind: 'report.failed', reason: 'The disk was full' },
  ])
  const last = (await one(ask, schedule.id)).lastRun
  expect(last).toMatchObject({ state: 'failed', reason: 'The disk was full' })
  expect(await one(ask, schedule.id)).toMatchObject({ pausedReason: null })
})

test('a report that nobody is to hear of is told to its owner, and its run says so', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const schedule = await made(ask)
  await runDueReports(after(schedule.nextRunAt))
  await endExport(venue, 'completed')
  const [file] = await exportsOf(venue)
  await reportEnded(venue, { onceId: file?.onceId ?? '' })
  expect(await told(venue)).toMatchObject([
    { userId: 'u-ana', kind: 'report.completed', exportId: file?.id },
  ])
  expect((await one(ask, schedule.id)).lastRun).toMatchObject({
    ...{ state: 'completed', exportId: file?.id },
    reason: expect.stringContaining('no recipient and no contact point'),
  })
})

test('a schedule whose owner lost the role, or was not seen for 90 days, is paused and it is told', async () => {
  const venue = unique('v')
  const losses: [(tx: Tx, userId: string) => Promise<unknown>, RegExp][] = [
    [
      (tx, userId) => tx`
        update venue_members set role = 'viewer' where venue_id = ${venue} and user_id = ${userId}`,
      /role analyst/,
    ],
    [
      (tx, userId) => tx`
        update venue_members set seen_at = seen_at - interval '91 days'
         where venue_id = ${venue} and user_id = ${userId}`,
      /90 days/,
    ],
  ]
  for (const [lose, reason] of losses) {
    const userId = unique('u')
    const ask = somebody(venue, userId)
    const schedule = await made(ask, { recipients: ['u-rex'] })
    const count = (await exportsOf(venue)).length
    await withTenant(venue, (tx) => lose(tx, userId))
    await runDueReports(after(schedule.nextRunAt))
    expect(await exportsOf(venue)).toHaveLength(count)
    const paused = await one(ask, schedule.id)
    expect(paused.nextRunAt).toBeNull()
    expect(paused.pausedReason).toMatch(reason)
    expect(paused.lastRun).toMatchObject({ state: 'refused', reason: paused.pausedReason })
    const heard = await told(venue)
    expect(heard.map((m) => [m.userId, m.kind, m.reason]).sort()).toEqual(
      [userId, 'u-rex'].map((id) => [id, 'report.refused', paused.pausedReason]).sort(),
    )
    await runDueReports(after(schedule.nextRunAt, 3 * 86_400_000))
    expect(await runsOf(ask, schedule.id)).toHaveLength(1)
    // The owner is seen by the very request that ends the pause.
    const wake = { body: { enabled: true }, headers: { 'if-match': '*' } }
    const { body } = await ask('PATCH /{scheduleId}', schedule.id, wake)
    expect(body).toMatchObject({ pausedReason: null, nextRunAt: schedule.nextRunAt })
  }
})

test('run now asks for one export for a key, as whoever asks, enabled or not', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const schedule = await made(ask, { enabled: false, period: 'all' })
  expect(schedule.nextRunAt).toBeNull()
  const key = { headers: { 'idempotency-key': unique('k') } }
  const answers = [
    await ask('POST /{scheduleId}/run', schedule.id, key),
    await ask('POST /{scheduleId}/run', schedule.id, key),
  ]
  expect(answers.map(({ status }) => status)).toEqual([202, 202])
  expect(answers[1]?.body).toEqual(answers[0]?.body)
  const [file, ...rest] = await exportsOf(venue)
  expect(rest).toEqual([])
  expect(answers[0]?.body).toMatchObject({
    ...{ startedBy: 'hand', askedBy: 'u-ana', state: 'requested', exportId: file?.id },
  })
  expect(answers[0]?.headers.location).toBe(`/v1/venues/${venue}/exports/${file?.id}`)
  const manager = somebody(venue, 'u-max', 'manager')
  await manager('POST /{scheduleId}/run', schedule.id)
  expect((await exportsOf(venue)).map(({ createdBy }) => createdBy)).toEqual(['u-ana', 'u-max'])
  await runDueReports(new Date(Date.now() + 3 * 86_400_000))
  expect(await runsOf(ask, schedule.id)).toHaveLength(2)
})

test('a schedule without a zone follows the venue’s', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const [follows, stays] = [await made(ask), await made(ask, { tz: 'Asia/Kathmandu' })]
  expect(follows.nextRunAt).toContain('T07:00:00')
  await request(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller: { venues: { [venue]: 'owner' } },
    params: { venueId: venue },
    headers: { 'if-match': '*' },
    body: { timezone: 'America/New_York', dayStart: '06:00', currency: 'USD', weekStart: 'monday' },
  })
  await runReports({} as never, context)
  expect((await one(ask, follows.id)).nextRunAt).toMatch(/T1[12]:00:00/)
  expect((await one(ask, stays.id)).nextRunAt).toBe(stays.nextRunAt)
  expect(await exportsOf(venue)).toEqual([])
})

test('a schedule that fails delays no other', async () => {
  const [broken, fine] = [unique('v'), unique('v')]
  const schedule = await made(somebody(broken))
  await made(somebody(fine))
  await withTenant(
    broken,
    (tx) => tx`update report_schedules set rule = 'nonsense' where venue_id = ${broken}`,
  )
  const counts = await runDueReports(after(schedule.nextRunAt))
  expect(counts.failed).toBe(1)
  expect(await exportsOf(fine)).toHaveLength(1)
  await withTenant(broken, (tx) => tx`delete from report_schedules where venue_id = ${broken}`)
})

test('what a deleted schedule asked for ends without a word', async () => {
  const venue = unique('v')
  const ask = somebody(venue)
  const schedule = await made(ask, { recipients: ['u-rex'] })
  await ask('POST /{scheduleId}/run', schedule.id)
  const [file] = await exportsOf(venue)
  expect((await ask('DELETE /{scheduleId}', schedule.id)).status).toBe(204)
  await endExport(venue, 'completed')
  await reportEnded(venue, { onceId: file?.onceId ?? '' })
  expect(await told(venue)).toEqual([])
})
