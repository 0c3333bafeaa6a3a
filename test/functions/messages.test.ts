import { handler as contactPoints } from '../../functions/http/contact-points.ts'
import { handler as messages } from '../../functions/http/messages.ts'
import { handler as tendMessages } from '../../functions/schedule/tend-messages.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { claimMessages } from '../../lib/messages/claim.ts'
import { endMessages } from '../../lib/messages/end-store.ts'
import type { MessageWhole } from '../../lib/messages/schema.ts'
import { sendMessages } from '../../lib/messages/send.ts'
import { withdrawMessages, writeMessage } from '../../lib/messages/write.ts'
import { unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { until } from '../support/live.ts'
import { addTarget, ownNotifications, serveSink, work, written } from '../support/messages.ts'
import { closeStores, context } from '../support/service.ts'

let sink: Awaited<ReturnType<typeof serveSink>>
const queue = ownNotifications()

beforeAll(async () => {
  sink = await serveSink()
})
beforeEach(() => {
  Object.assign(sink.state, { status: 200, asked: 0, hang: false })
  sink.got.length = 0
  sink.taken.clear()
})
afterAll(() => {
  sink.close()
  return closeStores()
})

const base = '/v1/venues/{venueId}/messages'

/** Calls a route as somebody of a venue. */
function ask(venueId: string, key: string, params: Record<string, string> = {}, more: Asked = {}) {
  const caller = { venues: { [venueId]: 'manager' as const } }
  const handler = key.includes('/contact-points') ? contactPoints : messages
  return request(handler as never, key, { caller, params: { venueId, ...params }, ...more })
}
const seen = async (venueId: string, messageId: string): Promise<MessageWhole> =>
  (await ask(venueId, `GET ${base}/{messageId}`, { messageId })).body

/** Lets time pass: what waits is due, and claims are over. */
const pass = (venueId: string) =>
  withTenant(
    venueId,
    (tx) => tx`
      update messages set due_at = clock_timestamp() - interval '1 s',
                          claimed_until = claimed_until - interval '5 min'
       where venue_id = ${venueId} and status in ('pending', 'failed')`,
  )

test('a message is there exactly when what it tells is', async () => {
  const venue = unique('v')
  const contactPointId = await addTarget(venue, sink.target())
  const message = {
    ...{ dedupeKey: 'one', template: 'report-ready' as const, contactPointId },
    data: { name: 'Sales', dueAt: '2026-06-02', exportId: 'x-1' },
  }
  const failing = withTenant(venue, async (tx) => {
    await writeMessage(tx, venue, message)
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  expect((await ask(venue, `GET ${base}`)).body.items).toEqual([])
  await withTenant(venue, (tx) => writeMessage(tx, venue, message))
  const again = await withTenant(venue, (tx) => writeMessage(tx, venue, message))
  expect(again.ids).toEqual([])
  expect((await ask(venue, `GET ${base}`)).body.items).toHaveLength(1)
})

test('data that a template has no use for are no message, and missing ones neither', async () => {
  const venue = unique('v')
  const contactPointId = await addTarget(venue, sink.target())
  const data = { name: 'Sales', dueAt: '2026-06-02' }
  await expect(written(venue, contactPointId, { data })).rejects.toThrow('exportId is missing')
  const more = { ...data, exportId: 'x', colour: 'red' }
  await expect(written(venue, contactPointId, { data: more })).rejects.toThrow('no variable')
})

test('a message is sent once, however often and at once it is named', async () => {
  const venue = unique('v')
  const id = await written(venue, await addTarget(venue, sink.target()), { dedupeKey: 'once' })
  await Promise.all(Array.from({ length: 10 }, () => work(venue, id)))
  expect(sink.got).toHaveLength(1)
  expect(sink.got[0]?.body).toMatchObject({
    type: 'report-ready',
    // No word is put into a value for a program.
    data: { venueId: venue, name: 'Sales', exportId: 'x-1', dueAt: '2026-06-02T11:00:00Z' },
  })
  const { log, ...told } = await seen(venue, id)
  expect(told).toMatchObject({ state: 'sent', attempts: 1, reason: null, dedupeKey: 'once' })
  expect(log).toEqual([expect.objectContaining({ attempt: 1, outcome: 'sent' })])
  expect(JSON.stringify(told)).not.toContain('127.0.0.1')
})

test('what fails is tried again after longer and longer, and is dead after eight times', async () => {
  const venue = unique('v')
  const id = await written(venue, await addTarget(venue, sink.target()))
  sink.state.status = 500
  const waits: number[] = []
  for (let i = 0; i < 7; i += 1) {
    await work(venue, id)
    // Not due: whoever names it now gets nothing.
    await work(venue, id)
    const { state, dueAt, log } = await seen(venue, id)
    expect([state, log.at(-1)?.outcome, log.at(-1)?.status]).toEqual(['failed', 'passing', 500])
    waits.push(Math.round((Date.parse(dueAt) - Date.parse(log.at(-1)?.endedAt ?? '')) / 1000))
    await pass(venue)
  }
  expect(waits).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000])
  await work(venue, id)
  await pass(venue)
  await work(venue, id)
  expect(await seen(venue, id)).toMatchObject({ state: 'dead', attempts: 8 })
  expect(sink.got).toHaveLength(8)
  expect(new Set(sink.got.map((one) => one.id)).size).toBe(1)

  sink.state.status = 200
  const retry = await ask(venue, `POST ${base}/{messageId}/retry`, { messageId: id })
  expect([retry.status, retry.body.state]).toEqual([202, 'pending'])
  await work(venue, id)
  expect(await seen(venue, id)).toMatchObject({ state: 'sent', attempts: 9 })
  const twice = await ask(venue, `POST ${base}/{messageId}/retry`, { messageId: id })
  expect(twice.status).toBe(409)
})

test.each([301, 404, 410])('an answer of %i is no delivery', async (status) => {
  const venue = unique('v')
  const id = await written(venue, await addTarget(venue, sink.target()))
  sink.state.status = status
  await work(venue, id)
  const { state, log } = await seen(venue, id)
  expect(['failed', 'dead']).toContain(state)
  expect(log[0]?.status).toBe(status)
})

test('a message of another venue is not there', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const contactPointId = await addTarget(venue, sink.target())
  const messageId = await written(venue, contactPointId)
  expect((await ask(other, `GET ${base}/{messageId}`, { messageId })).status).toBe(404)
  expect((await ask(other, `POST ${base}/{messageId}/retry`, { messageId })).status).toBe(404)
  const place = 'GET /v1/venues/{venueId}/contact-points/{contactPointId}'
  expect((await ask(other, place, { contactPointId })).status).toBe(404)
  expect(await work(other, messageId)).toEqual([])
  expect(sink.got).toEqual([])
  // Nor can another venue send to its contact point.
  expect(await written(other, contactPointId)).toBe('')
})

test('a queue message that cannot be read comes back no more, and spoils no other', async () => {
  const venue = unique('v')
  const id = await written(venue, await addTarget(venue, sink.target()))
  expect(await work(venue, 'no-id')).toEqual([])
  expect(await work(venue, '00000000-0000-4000-8000-000000000000', id)).toEqual([])
  expect(sink.got).toHaveLength(1)
})

test('a worker that dies before it sends leaves the message to another', async () => {
  const venue = unique('v')
  const id = await written(venue, await addTarget(venue, sink.target()))
  await withTenantJob(venue, (tx) => claimMessages(tx, venue, [id], Date.now()))
  await work(venue, id)
  expect(sink.got).toEqual([])
  await pass(venue)
  await tendMessages({} as never, context, {} as never)
  // Of other files there are messages that wait, too.
  const named: string[] = []
  for (let i = 0; i < 50 && !named.join().includes(id); i += 1) {
    named.push(...(await queue.receive(1)).map(({ Body = '' }) => Body))
  }
  expect(named.join()).toContain(id)
  await work(venue, id)
  expect(sink.got).toHaveLength(1)
  const { log } = await seen(venue, id)
  expect(log.map(({ outcome }) => outcome)).toEqual([null, 'sent'])
})

test('a worker that dies before it notes what it sent has another send the same key', async () => {
  const venue = unique('v')
  const id = await written(venue, await addTarget(venue, sink.target()))
  sink.state.hang = true
  // It has sent, and never hears of it.
  const dying = sendMessages(venue, [id])
  while (sink.got.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  sink.state.hang = false
  await pass(venue)
  await work(venue, id)
  expect(sink.got).toHaveLength(2)
  expect(new Set(sink.got.map((one) => one.id)).size).toBe(1)
  await dying
  await pass(venue)
  await work(venue, id)
  expect(sink.got).toHaveLength(2)
  expect((await seen(venue, id)).state).toBe('sent')
})

test('twenty messages of a group that are due together go as one, also when it fails first', async () => {
  const venue = unique('v')
  const contactPointId = await addTarget(venue, sink.target())
  const data = { name: 'Sales', dueAt: '2026-06-02', reason: 'Disk full' }
  const group = { template: 'report-failed' as const, data, groupKey: 'reports' }
  const ids: string[] = []
  for (let i = 0; i < 20; i += 1) ids.push(await written(venue, contactPointId, group))
  await work(venue, ...ids.slice(0, 3))
  expect(sink.got).toEqual([]) // they wait for each other
  await pass(venue)
  sink.state.status = (count) => (count === 1 ? 503 : 200)
  await Promise.all([work(venue, ...ids.slice(0, 10)), work(venue, ...ids.slice(10))])
  const late = await written(venue, contactPointId, group)
  await pass(venue)
  await work(venue, ...ids)
  expect(sink.got.map(({ body }) => [body.type, (body.data.messages as []).length])).toEqual([
    ['messages', 20],
    ['messages', 20],
  ])
  const { items } = (await ask(venue, `GET ${base}`, {}, { query: { state: 'sent' } })).body
  expect(items).toHaveLength(20)
  await work(venue, late)
  expect(sink.got).toHaveLength(3)
})

test('a contact point gets so many a minute, and the rest waits', async () => {
  const venue = unique('v')
  const contactPointId = await addTarget(venue, sink.target(), { perMinute: 6 })
  const ids: string[] = []
  for (let i = 0; i < 10; i += 1) ids.push(await written(venue, contactPointId))
  await work(venue, ...ids)
  expect(sink.got).toHaveLength(6)
  const { items } = (await ask(venue, `GET ${base}`, {}, { query: { state: 'pending' } })).body
  const waits = items.map(({ dueAt }: { dueAt: string }) => Date.parse(dueAt) - Date.now())
  expect(waits.length).toBe(4)
  expect(Math.max(...waits)).toBeGreaterThan(30_000)
  expect(Math.max(...waits)).toBeLessThan(41_000)
})

test('what goes to no contact point any more is dead', async () => {
  const venue = unique('v')
  const off = await written(venue, await addTarget(venue, sink.target(), { enabled: false }))
  const contactPointId = await addTarget(venue, sink.target())
  const gone = await written(venue, contactPointId)
  const deleted = 'DELETE /v1/venues/{venueId}/contact-points/{contactPointId}'
  expect((await ask(venue, deleted, { contactPointId })).status).toBe(204)
  await work(venue, off, gone)
  expect(await seen(venue, off)).toMatchObject({
    state: 'dead',
    reason: expect.stringContaining('off'),
  })
  expect(await seen(venue, gone)).toMatchObject({
    state: 'dead',
    reason: expect.stringContaining('gone'),
  })
  expect(sink.got).toEqual([])
})

test('what is over before it could be told is not told after its end', async () => {
  const venue = unique('v')
  const place = await addTarget(venue, sink.target())
  const subject = unique('alert')
  sink.state.status = 500
  const begun = await written(venue, place, { subject })
  const other = await written(venue, place)
  await work(venue, begun, other)
  const end = await written(venue, place, { subject, isFinal: true })
  sink.state.status = 200
  await pass(venue)
  await work(venue, begun, other, end)
  expect(await seen(venue, begun)).toMatchObject({
    ...{ state: 'dead', attempts: 1, reason: 'It was over before this could be told' },
  })
  expect([(await seen(venue, end)).state, (await seen(venue, other)).state]).toEqual([
    'sent',
    'sent',
  ])
  expect(sink.taken.size).toBe(2)
})

test('what went together is told again as long as any of it is not over', async () => {
  const venue = unique('v')
  const place = await addTarget(venue, sink.target())
  const [over, open] = [unique('alert'), unique('alert')]
  sink.state.status = 500
  const lead = await written(venue, place, { subject: over, groupKey: 'alerts' })
  await written(venue, place, { subject: open, groupKey: 'alerts' })
  await pass(venue)
  await work(venue, lead)
  const end = await written(venue, place, { subject: over, isFinal: true })
  await pass(venue)
  await work(venue, lead, end)
  expect(await seen(venue, lead)).toMatchObject({ state: 'failed', attempts: 2 })
  await written(venue, place, { subject: open, isFinal: true })
  await pass(venue)
  await work(venue, lead)
  expect(await seen(venue, lead)).toMatchObject({ state: 'dead', attempts: 2 })
})

test('what waits for a receiver that hangs has not been tried, and holds up nobody else', async () => {
  const venue = unique('v')
  sink.state.hang = true
  const place = await addTarget(venue, sink.target())
  const stuck = await Promise.all(Array.from({ length: 5 }, () => written(venue, place)))
  const other = await written(venue, await addTarget(venue, sink.target('/elsewhere')))
  const working = sendMessages(venue, [...stuck, other])
  // Answered at once, of the same host: noted while the others hang.
  await until('the other is noted', async () => (await seen(venue, other)).state === 'sent')
  await working
  const tries = await Promise.all(stuck.map(async (id) => (await seen(venue, id)).reason))
  expect(tries.sort()).toEqual([
    ...Array(4).fill('the receiver did not answer in time'),
    'too many messages wait for this receiver',
  ])
  const kept = await withTenant(
    venue,
    (tx) => tx<{ reason: string; tries: number }[]>`
      select reason, tries from messages where venue_id = ${venue} and status = 'failed'`,
  )
  const untried = kept.filter(({ tries: counted }) => counted === 0)
  expect(untried.map(({ reason }) => reason)).toEqual(['too many messages wait for this receiver'])
}, 60_000)

test('what is withdrawn while it is being sent is not tried again, unless somebody asks for it', async () => {
  const venue = unique('v')
  const place = await addTarget(venue, sink.target())
  const subject = unique('alert')
  const id = await written(venue, place, { subject })
  const waiting = await written(venue, place, { subject })
  sink.state.status = 500
  const claim = await withTenantJob(venue, (tx) => claimMessages(tx, venue, [id], Date.now()))
  await withTenant(venue, (tx) => withdrawMessages(tx, venue, subject))
  expect([claim.works.length, (await seen(venue, waiting)).state]).toEqual([1, 'dead'])
  const none = { reason: 'it failed', providerId: null, httpStatus: 500, retrySeconds: 5 }
  const of = { claimId: claim.claimId, hasGroups: false }
  await withTenantJob(venue, (tx) =>
    endMessages(tx, venue, [{ id, status: 'failed', ...none }], of),
  )
  await pass(venue)
  await work(venue, id)
  expect(await seen(venue, id)).toMatchObject({
    state: 'dead',
    reason: 'Somebody takes care of it',
  })
  expect(sink.got).toEqual([])
  sink.state.status = 200
  await ask(venue, `POST ${base}/{messageId}/retry`, { messageId: id })
  await work(venue, id)
  expect((await seen(venue, id)).state).toBe('sent')
})
