import { handler as contactPoints } from '../../functions/http/contact-points.ts'
import { handler as messages } from '../../functions/http/messages.ts'
import { handler as preferences } from '../../functions/http/preferences.ts'
import { handler as reports } from '../../functions/http/report-schedules.ts'
import { addPolicy } from '../../lib/alerts/policies.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { insertRun } from '../../lib/report-schedules/run-store.ts'
import { readSchedule } from '../../lib/report-schedules/store.ts'
import { tellEnds } from '../../lib/report-schedules/tell.ts'
import { alertIn } from '../support/alerts.ts'
import { unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { addTarget, ownNotifications, serveSink, work, written } from '../support/messages.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores } from '../support/service.ts'

let sink: Awaited<ReturnType<typeof serveSink>>
const queue = ownNotifications()
beforeAll(async () => {
  await ownQueue('BROADCAST_QUEUE_URL')
  sink = await serveSink()
})
beforeEach(() => {
  sink.got.length = 0
})
afterAll(() => {
  sink.close()
  return closeStores()
})

/** Calls a route as somebody of a venue. */
function ask(venueId: string, key: string, more: Asked & { userId?: string } = {}) {
  const { userId = 'u-1', params, ...rest } = more
  const caller = { userId, venues: { [venueId]: 'manager' as const } }
  const handler = key.includes('/me/')
    ? preferences
    : key.includes('/report-')
      ? reports
      : key.includes('/contact-points')
        ? contactPoints
        : messages
  const asked = { caller, params: { venueId, ...params }, ...rest }
  return request(handler as never, key, asked)
}
const base = '/v1/venues/{venueId}/contact-points'
const one = `${base}/{contactPointId}`
const always = { 'if-match': '*' }

test('where a contact point leads is told by no answer, and the secret of a webhook once', async () => {
  const venue = unique('v')
  const body = { kind: 'webhook', name: 'Till', url: 'https://93.184.216.34/a-secret-path' }
  const made = await ask(venue, `POST ${base}`, { body })
  expect([made.status, made.body.issues]).toEqual([201, undefined])
  expect(made.body).toMatchObject({ kind: 'webhook', hint: '93.184.216.34', perMinute: 600 })
  expect(made.body.secret).toMatch(/^whsec_/)
  const params = { contactPointId: made.body.id }
  const read = await ask(venue, `GET ${one}`, { params })
  const list = await ask(venue, `GET ${base}`)
  for (const { text } of [read, list]) expect(text).not.toMatch(/a-secret-path|whsec_/)
  expect(list.body.items).toEqual([read.body])
  const kept = await withTenant(
    venue,
    (tx) =>
      tx`select encode(target, 'escape') as target from contact_points where venue_id = ${venue}`,
  )
  expect(JSON.stringify(kept)).not.toMatch(/secret-path|whsec/)

  const change = { kind: 'webhook', enabled: false }
  const tag = { 'if-match': read.headers.etag ?? '' }
  const changed = await ask(venue, `PATCH ${one}`, { params, body: change, headers: tag })
  expect(changed.body).toMatchObject({ enabled: false, name: 'Till' })
  expect(changed.text).not.toContain('whsec_')
  const stale = await ask(venue, `PATCH ${one}`, { params, body: change, headers: tag })
  expect(stale.status).toBe(412)
  const renewed = { kind: 'webhook', newSecret: true }
  const again = await ask(venue, `PATCH ${one}`, { params, body: renewed, headers: always })
  expect(again.body.secret).toMatch(/^whsec_/)
  expect(again.body.secret).not.toBe(made.body.secret)
  const other = { kind: 'email', name: 'x' }
  const wrong = await ask(venue, `PATCH ${one}`, { params, body: other, headers: always })
  expect(wrong.status).toBe(422)
})

test('a contact point within our own network is refused', async () => {
  const venue = unique('v')
  for (const url of [
    'https://169.254.169.254/latest',
    'https://10.0.0.1/',
    'http://example.com/',
  ]) {
    const { status } = await ask(venue, `POST ${base}`, {
      body: { kind: 'webhook', name: 'x', url },
    })
    expect([url, status]).toEqual([url, 400])
  }
})

test('a test message goes to the contact point, and its log tells how', async () => {
  const venue = unique('v')
  const contactPointId = await addTarget(venue, sink.target())
  const { status, body } = await ask(venue, `POST ${one}/test`, { params: { contactPointId } })
  expect([status, body.state]).toEqual([202, 'pending'])
  await work(venue, body.id)
  expect(sink.got[0]?.body).toMatchObject({ type: 'contact-point-test', data: { venue } })
})

test('a venue says it otherwise, in a language, and goes back', async () => {
  const venue = unique('v')
  const texts = '/v1/venues/{venueId}/message-templates'
  const params = { key: 'report-ready', locale: 'en' }
  const put = (body: object, headers = always) =>
    ask(venue, `PUT ${texts}/{key}/{locale}`, { params, body, headers })
  const wrong = await put({ subject: '{{nam}}', body: 'x' })
  expect([wrong.status, wrong.body.issues[0].path]).toEqual([400, 'subject'])
  expect((await put({ subject: 'a\nb', body: 'x' })).status).toBe(400)
  const preview = (body: object) =>
    ask(venue, `POST ${texts}/{key}/preview`, { params: { key: 'report-ready' }, body })
  for (const blank of ['', ' ', '\t\u00a0', '\n \n', '\u200b\u2060', '{{{name}}}', '{{name}}}']) {
    for (const path of ['subject', 'body']) {
      const body = { subject: 'x', body: 'x', [path]: blank }
      for (const refused of [await put(body), await preview(body)]) {
        const { status, body: told } = refused
        expect([blank, status, told.issues?.[0].path]).toEqual([blank, 400, path])
      }
    }
  }
  const kept = await put({ subject: 'Here: {{name}}', body: 'For {{venue}}' })
  expect(kept.body).toMatchObject({ isOwn: true, subject: 'Here: {{name}}' })
  expect((await put({ subject: 'x', body: 'x' }, { 'if-match': '"other"' })).status).toBe(412)
  const ofKey = ({ key, locale }: Record<string, string>) =>
    key === 'report-ready' && locale === 'en'
  const { items } = (await ask(venue, `GET ${texts}`)).body
  expect(items.find(ofKey)).toEqual(kept.body)

  const { email, slack, webhook } = (await preview({ data: { name: '<b>{{venue}}</b>' } })).body
  expect(email.subject).toBe('Here: <b>{{venue}}</b>')
  expect(email.html).toContain(`For ${venue}`)
  expect(slack.text).toBe('Here: &lt;b&gt;{{venue}}&lt;/b&gt;')
  expect(webhook.data.name).toBe('<b>{{venue}}</b>')
  expect((await preview({ data: { colour: 'red' } })).status).toBe(400)

  expect((await ask(venue, `DELETE ${texts}/{key}/{locale}`, { params })).status).toBe(204)
  const after = (await ask(venue, `GET ${texts}`)).body.items.find(ofKey)
  expect(after).toMatchObject({ isOwn: false, subject: 'Report ready: {{name}}' })
})

const mine = '/v1/me/notification-preferences'

/** Says how somebody wants to be reached. */
async function prefers(venue: string, userId: string, more: object): Promise<void> {
  const { body } = await ask(venue, `GET ${mine}`, { userId })
  const put = { userId, body: { ...body, ...more }, headers: always }
  expect((await ask(venue, `PUT ${mine}`, put)).status).toBe(200)
}

test('preferences are a person’s own, and change from what was read', async () => {
  const [venue, userId] = [unique('v'), unique('u')]
  const first = await ask(venue, `GET ${mine}`, { userId })
  expect(first.body).toMatchObject({ timeZone: 'UTC', quietHours: null, digest: null })
  const body = { ...first.body, timeZone: 'Europe/Berlin' }
  const headers = { 'if-match': first.headers.etag ?? '' }
  expect((await ask(venue, `PUT ${mine}`, { userId, body, headers })).body).toEqual(body)
  expect((await ask(venue, `PUT ${mine}`, { userId, body, headers })).status).toBe(412)
  expect((await ask(venue, `GET ${mine}`, { userId })).body).toEqual(body)
  expect((await ask(venue, `GET ${mine}`, { userId: unique('u') })).body).toEqual(first.body)
  const wrong: [object, string][] = [
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ quietHours: { from: '22:00', to: '22:00' } }, 'quietHours.to'],
  ]
  for (const [more, path] of wrong) {
    const asked = { userId, body: { ...body, ...more }, headers: always }
    const refused = await ask(venue, `PUT ${mine}`, asked)
    expect([refused.status, refused.body.issues[0].path]).toEqual([400, path])
  }
})

const minutesFromNow = (minutes: number) =>
  new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)

test('in quiet hours only what is critical goes to a person', async () => {
  const [venue, userId] = [unique('v'), unique('u')]
  const contactPointId = await addTarget(venue, sink.target(), { userId })
  await prefers(venue, userId, {
    quietHours: { from: minutesFromNow(-60), to: minutesFromNow(120) },
  })
  const quiet = await written(venue, contactPointId)
  const loud = await written(venue, contactPointId, { severity: 'critical' })
  await work(venue, quiet, loud)
  expect(sink.got).toHaveLength(1)
  const params = { messageId: quiet }
  const { body } = await ask(venue, 'GET /v1/venues/{venueId}/messages/{messageId}', { params })
  expect([body.state, body.attempts]).toEqual(['pending', 0])
  const wait = (Date.parse(body.dueAt) - Date.now()) / 60_000
  expect(wait).toBeGreaterThan(118)
  expect(wait).toBeLessThan(121)
})

test('a person hears on the channels they want, each once, and a digest is one message', async () => {
  const [venue, userId] = [unique('v'), unique('u')]
  await addTarget(venue, sink.target(), { userId })
  await addTarget(venue, { kind: 'sms', number: '+15551234567' }, { userId })
  await addTarget(venue, sink.target()) // nobody's
  const { body } = await ask(venue, `GET ${mine}`, { userId })
  const channels = { ...body.channels, sms: false }
  await prefers(venue, userId, { channels, digest: { at: minutesFromNow(60) } })
  const { writeMessage } = await import('../../lib/messages/write.ts')
  const data = { name: 'Sales', dueAt: 'x', exportId: 'x-1' }
  const ids: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const message = { dedupeKey: `d-${i}`, template: 'report-ready' as const, data, userId }
    ids.push(...(await withTenant(venue, (tx) => writeMessage(tx, venue, message))).ids)
  }
  expect(ids).toHaveLength(5)
  await work(venue, ...ids)
  expect(sink.got).toEqual([])
  // A day later the time of the digest has come.
  await withTenant(
    venue,
    (tx) => tx`
      update messages set created_at = created_at - interval '1 day', due_at = clock_timestamp()
       where venue_id = ${venue}`,
  )
  await work(venue, ...ids)
  expect(sink.got.map(({ body: told }) => (told.data.messages as []).length)).toEqual([5])
})

test('a contact point that an alert or an escalation policy names stays until none does', async () => {
  const venue = unique('v')
  const id = await addTarget(venue, sink.target())
  const alertId = await alertIn(venue, { contactPointIds: [id] })
  const steps = [{ after: '0s', contactPointIds: [id] }]
  const wish = { name: 'The night', steps, groupInterval: '0s', repeatEvery: null }
  const { policy } = await addPolicy(venue, { userId: 'u-1', wish, onceId: unique('k') })
  const refused = await ask(venue, `DELETE ${one}`, { params: { contactPointId: id } })
  expect(refused.status).toBe(409)
  expect(refused.body.detail).toContain(`(${alertId})`)
  expect(refused.body.detail).toContain(`escalation policy “The night” (${policy.id})`)
})

test('a contact point that a report schedule names stays until none does', async () => {
  const venue = unique('v')
  const id = await addTarget(venue, sink.target())
  const params = { contactPointId: id }
  const route = 'POST /v1/venues/{venueId}/report-schedules'
  const body = {
    ...{ rule: 'FREQ=YEARLY', type: 'sales-daily', format: 'csv', period: 'all', enabled: false },
    contactPointIds: [id.toUpperCase()],
  }
  const names = ['Sales', 'Refunds <b>']
  const anew = () => ({ 'idempotency-key': unique('k') })
  const made = await Promise.all(
    names.map(async (name) => {
      const answer = await ask(venue, route, { body: { ...body, name }, headers: anew() })
      return answer.body.id
    }),
  )
  const refused = await ask(venue, `DELETE ${one}`, { params })
  expect([refused.status, refused.body.code]).toEqual([409, 'conflict'])
  for (const told of [...names, ...made]) expect(refused.body.detail).toContain(told)
  // Of another venue nobody hears.
  expect((await ask(unique('v'), `DELETE ${one}`, { params })).status).toBe(404)

  const change = '/v1/venues/{venueId}/report-schedules/{scheduleId}'
  const without = { body: { contactPointIds: [] }, headers: always }
  await ask(venue, `PATCH ${change}`, { params: { scheduleId: made[0] }, ...without })
  expect((await ask(venue, `DELETE ${one}`, { params })).body.detail).not.toContain(names[0])
  await ask(venue, `DELETE ${change}`, { params: { scheduleId: made[1] } })
  expect((await ask(venue, `DELETE ${one}`, { params })).status).toBe(204)
})

test('a contact point that is deleted while schedules begin to name it is named by none', async () => {
  const venue = unique('v')
  const route = 'POST /v1/venues/{venueId}/report-schedules'
  const rest = { rule: 'FREQ=YEARLY', type: 'sales-daily', format: 'csv', period: 'all' }
  for (let i = 0; i < 10; i += 1) {
    const id = await addTarget(venue, sink.target())
    const body = { name: `n-${i}`, contactPointIds: [id], ...rest }
    const deleted = ask(venue, `DELETE ${one}`, { params: { contactPointId: id } })
    const asked = { body, headers: { 'idempotency-key': unique('k') } }
    const [{ status }, made] = await Promise.all([deleted, ask(venue, route, asked)])
    expect([[204, 422], [409, 201]]).toContainEqual([status, made.status]) // biome-ignore format: pairs
  }
})

test('a report tells contact points of the venue how it ended, each once', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const contactPointIds = [await addTarget(venue, sink.target()), await addTarget(venue)]
  const route = 'POST /v1/venues/{venueId}/report-schedules'
  const body = {
    ...{ name: 'Sales', rule: 'FREQ=YEARLY', type: 'sales-daily', format: 'csv', period: 'all' },
    contactPointIds,
  }
  const foreign = await ask(other, route, { body })
  expect([foreign.status, foreign.body.issues[0].path]).toEqual([422, 'contactPointIds.0'])
  const made = await ask(venue, route, { body })
  expect([made.status, made.body.contactPointIds]).toEqual([201, contactPointIds])
  const scheduleId = made.body.id
  await withTenant(venue, async (tx) => {
    const run = { scheduleId, startedBy: 'hand' as const, askedBy: 'u-1', dueAt: Date.now() }
    await insertRun(tx, venue, { ...run, onceId: unique('k'), refused: null })
    await insertRun(tx, venue, { ...run, onceId: unique('k'), refused: 'No role' })
    await tx`
      update report_runs set state = 'completed', export_id = gen_random_uuid()
       where venue_id = ${venue} and state = 'pending'`
  })
  const schedule = await withTenant(venue, (tx) => readSchedule(tx, venue, scheduleId, null))
  if (!schedule) throw new Error('the schedule was made')
  expect(await tellEnds(venue, schedule)).toBe(2)
  await tellEnds(venue, schedule)
  const { items } = (await ask(venue, 'GET /v1/venues/{venueId}/messages')).body
  expect(items.map(({ template }: { template: string }) => template).sort()).toEqual([
    ...['report-failed', 'report-failed', 'report-ready', 'report-ready'],
  ])
  const named = (await queue.receive(2)).map(({ Body }) => Body).join()
  for (const { id } of items) expect(named).toContain(id)
})
