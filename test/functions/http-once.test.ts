import { gzipSync } from 'node:zlib'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { handler as ingest } from '../../functions/http/ingest.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as ownMetrics } from '../../functions/http/own-metrics.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { sweepKeys } from '../../lib/idempotency/sweep.ts'
import { withSql } from '../support/databases.ts'
import { paid, unique } from '../support/events.ts'
import { type Answered, type Asked, request } from '../support/http.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores } from '../support/service.ts'

let queue: string
beforeAll(async () => {
  queue = await ownQueue()
})
afterAll(closeStores)

const good = { timezone: 'UTC', dayStart: '06:00', currency: 'EUR', weekStart: 'sunday' }
const value = { name: 'queue_length', value: 7 }

const put = (venueId: string, key: string | undefined, body: unknown = good, more: Asked = {}) =>
  request(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    body,
    ...more,
    headers: {
      'if-match': '*',
      ...(key !== undefined && { 'Idempotency-Key': key }),
      ...more.headers,
    },
  })

const record = (venueId: string, key: string, body: unknown = value, more: Asked = {}) =>
  request(ownMetrics, 'POST /v1/venues/{venueId}/metrics', {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    body,
    ...more,
    headers: { 'idempotency-key': key, ...more.headers },
  })

const revision = (answer: Answered) => Number(/\d+/.exec(answer.headers.etag ?? '')?.[0])

/** The row of the store, which row security hides from everybody without a venue. */
const rows = (venueId: string) =>
  withSql(process.env.DATABASE_URL ?? '', (sql) =>
    sql.begin(async (tx) => {
      await tx`select set_config('app.venue_id', ${venueId}, true)`
      return tx`select * from idempotency_keys where venue_id = ${venueId}`
    }),
  )

/** Makes the keys of a venue older than they are. */
const age = (venueId: string, by: string) =>
  withSql(process.env.DATABASE_URL ?? '', (sql) =>
    sql.begin(async (tx) => {
      await tx`select set_config('app.venue_id', ${venueId}, true)`
      await tx`update idempotency_keys set claimed_at = claimed_at - ${by}::text::interval`
    }),
  )

async function sentEvents(): Promise<{ event_id: string }[]> {
  const { Messages = [] } = await sqs().send(
    new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  )
  return Messages.flatMap(({ Body }) => JSON.parse(Body ?? '[]'))
}

test('the same key and body get the same bytes, and one effect', async () => {
  const venue = unique('v')
  const first = await put(venue, 'k-1')
  const second = await put(venue, 'k-1')
  expect([first.status, second.status, second.text]).toEqual([200, 200, first.text])
  expect(second.headers.etag).toBe(first.headers.etag)
  expect([first.headers['idempotent-replayed'], second.headers['idempotent-replayed']]).toEqual([
    undefined,
    'true',
  ])
  expect(revision(await put(venue, undefined))).toBe(revision(first) + 1)
})

test('another body, another address or another condition under the key is 422', async () => {
  const venue = unique('v')
  await put(venue, 'k-1')
  const others = [
    await put(venue, 'k-1', { ...good, currency: 'USD' }),
    await put(venue, 'k-1', good, { headers: { 'if-match': '"x"' } }),
    await put(venue, 'k-1', good, { path: '/v1/venues/x/settings' }),
    await record(venue, 'k-1'),
  ]
  expect(others.map(({ status }) => status)).toEqual([422, 422, 422, 422])
  expect(others[0]?.body.issues[0].path).toBe('Idempotency-Key')
})

test('a packed body is the same body', async () => {
  const venue = unique('v')
  const first = await record(venue, 'k-1')
  const packed = gzipSync(JSON.stringify(value))
  const again = await record(venue, 'k-1', packed, { headers: { 'content-encoding': 'gzip' } })
  expect([again.status, again.text]).toEqual([202, first.text])
})

test('another venue’s key of the same name is another key', async () => {
  const [a, b] = [unique('v'), unique('v')]
  await put(a, 'k-1')
  const other = await put(b, 'k-1', { ...good, currency: 'USD' })
  expect([other.status, other.body.currency]).toEqual([200, 'USD'])
})

test('of twenty requests at once with one key one has an effect', async () => {
  const venue = unique('v')
  const answers = await Promise.all(Array.from({ length: 20 }, () => put(venue, 'k-1')))
  const done = answers.filter(({ status }) => status === 200)
  const running = answers.filter(({ status }) => status === 409)
  expect(done.length).toBeGreaterThan(0)
  expect(done.length + running.length).toBe(20)
  expect(new Set(done.map(({ text }) => text)).size).toBe(1)
  for (const { headers, body } of running) {
    expect([headers['retry-after'], body.code]).toEqual(['1', 'conflict'])
  }
  expect(revision(await put(venue, undefined))).toBe(2)
})

test('twenty at once with twenty keys have twenty effects', async () => {
  const venue = unique('v')
  await Promise.all(Array.from({ length: 20 }, (_, i) => put(venue, `k-${i}`)))
  expect(revision(await put(venue, undefined))).toBe(21)
})

test('a request that is refused leaves the key free', async () => {
  const venue = unique('v')
  const refusals = [
    await put(venue, 'k-1', { ...good, currency: 'XXL' }),
    await put(venue, 'k-1', '{'),
    await put(venue, 'k-1', good, { headers: { 'if-match': '"stale"' } }),
    await put(venue, 'k-1', good, { headers: { 'if-match': '' } }),
    await put(venue, 'k-1', good, { caller: { venues: { [venue]: 'viewer' } } }),
    await put(venue, 'k-1', good, { caller: null }),
  ]
  expect(refusals.map(({ status }) => status)).toEqual([400, 400, 412, 428, 403, 401])
  expect(await rows(venue)).toEqual([])
  expect((await put(venue, 'k-1')).status).toBe(200)
})

test('a write that died frees its key when the lease ends, and is done once all the same', async () => {
  const venue = unique('v')
  const first = await record(venue, 'k-1')
  // as a process leaves it that dies between the effect and the answer
  await withSql(process.env.DATABASE_URL ?? '', (sql) =>
    sql.begin(async (tx) => {
      await tx`select set_config('app.venue_id', ${venue}, true)`
      await tx`update idempotency_keys set is_done = false, answer = null`
    }),
  )
  expect((await record(venue, 'k-1')).status).toBe(409)
  await age(venue, '36 seconds')
  const again = await record(venue, 'k-1')
  expect([again.status, again.text]).toEqual([202, first.text])
  const ids = (await sentEvents()).map(({ event_id }) => event_id)
  expect(ids.filter((id) => first.body.eventIds.includes(id))).toHaveLength(2)
  expect((await record(venue, 'k-1')).headers['idempotent-replayed']).toBe('true')
})

test('after a day the key is new', async () => {
  const venue = unique('v')
  const first = await put(venue, 'k-1')
  await age(venue, '24 hours 1 second')
  const other = await put(venue, 'k-1', { ...good, currency: 'USD' })
  expect([other.status, revision(other)]).toEqual([200, revision(first) + 1])
})

test('what is older than a day is swept, of every venue, and nothing else', async () => {
  const [old, young] = [unique('v'), unique('v')]
  for (const venue of [old, young]) await put(venue, 'k-1')
  await age(old, '25 hours')
  expect(await sweepKeys()).toBeGreaterThan(0)
  expect([(await rows(old)).length, (await rows(young)).length]).toEqual([0, 1])
})

test.each(['', 'x'.repeat(256), 'ü'.repeat(256)])('a key like %j is refused', async (key) => {
  const { status, body } = await put(unique('v'), key)
  expect([status, body.issues?.[0].path]).toEqual([400, 'Idempotency-Key'])
})

test.each(['x'.repeat(255), '"quoted"', "'; drop table venues; --", ' ', '{"$gt":""}'])(
  'a key like %j is a key',
  async (key) => {
    const venue = unique('v')
    const [first, again] = [await put(venue, key), await put(venue, key)]
    expect([first.status, again.text]).toEqual([200, first.text])
  },
)

test('the store holds neither the key nor what was sent or answered', async () => {
  const venue = unique('v')
  await put(venue, 'canary-key', { ...good, name: 'Canary Palace' })
  const [row] = await rows(venue)
  const text = JSON.stringify(row) + Buffer.from(row?.answer).toString('latin1')
  expect(text).not.toMatch(/canary|palace/i)
  expect(Buffer.from(row?.answer).length).toBeGreaterThan(50)
})

const send = (caller: Asked['caller'], key: string, events: unknown[]) =>
  request(ingest, 'POST /v1/ingest/events', {
    caller,
    body: events,
    headers: { 'idempotency-key': key },
  })

test('events posted again under their key are in the queue once', async () => {
  const venue = unique('v')
  const writeKey = { ingestVenue: venue }
  const legacy = {
    venue_id: venue,
    event_type: 'page_view',
    timestamp: '2026-06-01T12:00:00Z',
    metadata: {},
  }
  const first = await send(writeKey, 'k-1', [paid(venue), legacy, { bad: 1 }])
  expect(first.status).toBe(202)
  expect(first.body.accepted).toBe(2)
  expect((await send(writeKey, 'k-1', [paid(venue)])).status).toBe(422)
})

test('where a route has no venue a key is of the write key’s venue, or of the caller', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const events = [paid(venue)]
  const user = (userId: string) => ({ userId, venues: { [venue]: 'manager' as const } })
  const body = [paid(other)]
  const answers = [
    await send({ ingestVenue: venue }, 'k-1', events),
    await send({ ingestVenue: other }, 'k-1', body),
    await send(user('u-1'), 'k-1', body),
    await send(user('u-2'), 'k-1', events),
    await send(user('u-2'), 'k-1', events),
    await send(user('u-2'), 'k-1', body),
  ]
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 422])
  expect(answers[4]?.text).toBe(answers[3]?.text)
  expect(await rows(venue)).toHaveLength(1)
})

test('an answer too large to keep is not given twice, and its effect is not had twice', async () => {
  const venue = unique('v')
  const long = 'x'.repeat(1500)
  const bad = Array.from({ length: 500 }, (_, i) => ({ ...paid(venue), [`${long}${i}`]: '\ud800' }))
  const first = await send({ ingestVenue: venue }, 'k-1', bad)
  expect([first.status, first.body.accepted]).toEqual([202, 0])
  expect(first.text.length).toBeGreaterThan(262_144)
  const again = await send({ ingestVenue: venue }, 'k-1', bad)
  expect([again.status, again.body.code]).toEqual([409, 'conflict'])
})

test('a question asked by POST is no write: the key says nothing to it', async () => {
  const venue = unique('v')
  const ask = (limit: number) =>
    request(metrics, 'POST /v1/venues/{venueId}/query', {
      caller: { venues: { [venue]: 'viewer' } },
      params: { venueId: venue },
      body: { measures: ['orders'], time: { from: '2026-06-01', to: '2026-07-01' }, limit },
      headers: { 'idempotency-key': 'k-1' },
    })
  expect([(await ask(1)).status, (await ask(2)).status]).toEqual([200, 200])
  expect(await rows(venue)).toEqual([])
})
