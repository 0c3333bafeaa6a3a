import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { ScheduledEvent } from 'aws-lambda'
import { handler as letters } from '../../functions/http/dead-letters.ts'
import { handler as jobs } from '../../functions/http/jobs.ts'
import { handler as strays } from '../../functions/http/stray-events.ts'
import { handler as catchUp } from '../../functions/schedule/catch-up.ts'
import { withJob } from '../../lib/clients/postgres.ts'
import type { Run } from '../../lib/operations/history.ts'
import { recorded } from '../../lib/operations/history.ts'
import { paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores, context, deliver, total } from '../support/service.ts'
import { startWorker } from '../support/worker.ts'

const sqs = new SQSClient({})
let deadLetters = ''

beforeAll(async () => {
  deadLetters = await ownQueue()
  process.env.EVENTS_DEAD_LETTER_QUEUE_URL = deadLetters
  await ownQueue()
})
afterAll(async () => {
  sqs.destroy()
  await closeStores()
})

const ops = { caller: { isOps: true } }
const send = (body: unknown) =>
  sqs.send(new SendMessageCommand({ QueueUrl: deadLetters, MessageBody: JSON.stringify(body) }))
const look = async (limit = '10') =>
  (await request(letters, 'GET /v1/ops/dlq', { ...ops, query: { limit } })).body
const runs = async (query: Record<string, string> = {}): Promise<Run[]> =>
  (await request(jobs, 'GET /v1/ops/jobs', { ...ops, query })).body.items
const run = (job: string) =>
  request(jobs, 'POST /v1/ops/jobs/{job}/run', { ...ops, params: { job } })

test('dead letters are looked at without being taken, and sent back by hand', async () => {
  const venue = unique('v')
  expect(await look()).toMatchObject({ depth: 0, oldestSentAt: null, letters: [] })
  const order = paid(venue)
  await send({ ...order, actor: { customer_id: 'jane', email: 'jane@example.org' } })
  await send([paid(venue), { ...paid(venue), occurred_at: 'yesterday' }])
  const told = [await look(), await look(), await look()]
  for (const { depth, inFlight, oldestSentAt, letters: found } of told) {
    // which of the two they are is the queue's to say
    expect([depth + inFlight, found.length]).toEqual([2, 2])
    expect(Date.parse(oldestSentAt)).toBeGreaterThan(Date.now() - 60_000)
    const events = found.flatMap((letter: { events: unknown[] }) => letter.events)
    expect(events).toHaveLength(3)
    expect(events).toContainEqual(
      expect.objectContaining({ venueId: venue, eventId: order.event_id, code: null }),
    )
    expect(events).toContainEqual(expect.objectContaining({ code: 'invalid', path: 'occurred_at' }))
    expect(JSON.stringify(events)).not.toMatch(/jane/)
  }
  expect((await look('1')).letters).toHaveLength(1)

  const redriven = await request(jobs, 'POST /v1/ops/dlq/redrive', ops)
  expect(redriven.body).toEqual({ job: 'redrive-dead-letters', counts: { redriven: 2 } })
  expect(await look()).toMatchObject({ depth: 0, inFlight: 0, letters: [] })
  const worker = startWorker()
  for (let orders = 0; orders !== 2; ) orders = (await total(venue, 'orders')) ?? 0
  await worker.stop()
  const [latest] = await runs({ job: 'redrive-dead-letters', limit: '1' })
  expect(latest).toMatchObject({ startedBy: 'hand', outcome: 'done', counts: { redriven: 2 } })
})

test('a run by the clock and one by hand are in the history, with the trace of its log', async () => {
  await catchUp({} as ScheduledEvent, context)
  const { status, body } = await run('catch-up')
  expect([status, body.job]).toEqual([200, 'catch-up'])
  const [byHand, byClock] = await runs({ job: 'catch-up', limit: '2' })
  expect(byHand).toMatchObject({
    startedBy: 'hand',
    outcome: 'done',
    counts: body.counts,
    error: null,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  })
  expect(byClock).toMatchObject({ job: 'catch-up', startedBy: 'clock', outcome: 'done' })
  expect(byClock?.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect((byHand?.startedAt ?? '') > (byClock?.startedAt ?? '')).toBe(true)
  expect((byHand?.finishedAt ?? '') >= (byHand?.startedAt ?? '')).toBe(true)
})

test('a run that fails is told with its kind, and never with its data', async () => {
  const secret = new RangeError('jane@example.org is not a number')
  const failing = recorded('catch-up', 'hand', () => Promise.reject(secret))
  await expect(failing).rejects.toBe(secret)
  const [latest] = await runs({ job: 'catch-up', limit: '1' })
  expect(latest).toMatchObject({ outcome: 'failed', error: 'RangeError', counts: null })
})

test('a run whose end nobody told is lost after a quarter of an hour, and forgotten after 90 days', async () => {
  const ids = await withJob(
    (tx) => tx<{ runId: string }[]>`
      insert into job_runs (job, started_by, started_at)
      values ('catch-up', 'clock', now() - interval '14 minutes'),
             ('catch-up', 'clock', now() - interval '16 minutes'),
             ('catch-up', 'clock', now() - interval '91 days')
      returning run_id`,
  )
  const outcomes = async () => {
    const told = new Map((await runs({ limit: '1000' })).map(({ id, outcome }) => [id, outcome]))
    return ids.map(({ runId }) => told.get(runId))
  }
  expect(await outcomes()).toEqual(['running', 'lost', 'lost'])
  await run('catch-up')
  expect(await outcomes()).toEqual(['running', 'lost', undefined])
})

test('pages of the history follow each other', async () => {
  await run('catch-up')
  await run('catch-up')
  const all = (await runs({ limit: '1000' })).map(({ id }) => id)
  const first = await request(jobs, 'GET /v1/ops/jobs', { ...ops, query: { limit: '1' } })
  const cursor = first.body.nextCursor
  const second = await runs({ limit: '1', cursor })
  expect([first.body.items[0].id, second[0]?.id]).toEqual(all.slice(0, 2))
})

test('a job that is none is not found', async () => {
  for (const job of ['', 'drop', 'constructor', '__proto__', 'catch-up ']) {
    expect([job, (await run(job)).status]).toEqual([job, 404])
  }
})

test('a message in which no venue can be read is listed by reason and time, and shown whole', async () => {
  const mark = unique('stray')
  await deliver({ event_id: mark, type: 'order.paid', venue_id: 'what?' }, `{"broken": "${mark}`)
  const list = async (query: Record<string, string>) =>
    (await request(strays, 'GET /v1/ops/quarantine', { ...ops, query })).body
  const { items } = await list({ code: 'missing_venue', limit: '1' })
  expect(items).toMatchObject([{ code: 'missing_venue', path: 'venue_id', type: 'order.paid' }])
  const whole = await request(strays, 'GET /v1/ops/quarantine/{quarantineId}', {
    ...ops,
    params: { quarantineId: items[0].id },
  })
  expect(JSON.parse(whole.body.body).event_id).toBe(mark)
  expect(whole.body.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect((await list({ code: 'not_json', limit: '1' })).items).toHaveLength(1)
  expect((await list({ to: '2020-01-01' })).items).toEqual([])
  const page = await list({ limit: '1' })
  const next = await list({ limit: '1', cursor: page.nextCursor })
  expect(next.items[0].id).not.toBe(page.items[0].id)
  const none = { ...ops, params: { quarantineId: 'x' } }
  expect((await request(strays, 'GET /v1/ops/quarantine/{quarantineId}', none)).status).toBe(404)
})
