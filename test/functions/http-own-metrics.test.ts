import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as ownMetrics } from '../../functions/http/own-metrics.ts'
import { event, paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { call, closeStores, deliver } from '../support/service.ts'

let queue = ''
beforeAll(async () => {
  queue = await ownQueue()
})
afterAll(closeStores)

const read = (venueId: string, name: string, what: string, query = {}) =>
  call(metrics, `GET /v1/venues/{venueId}/metrics/{metric}/${what}`, {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, metric: name },
    query,
  })
const record = (venueId: string, path: string, body: unknown) =>
  call(ownMetrics, `POST /v1/venues/{venueId}/metrics${path}`, {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    body,
  })
const recorded = (venueId: string, value: number, at: string, told = {}) =>
  event(venueId, 'metric.recorded', { occurred_at: at, data: { name: 'bar', value }, ...told })

test('recorded values are summed exactly, and each counts once', async () => {
  const venue = unique('v')
  const values = [0.1, 0.2, 0.3].map((v, i) => recorded(venue, v, `2026-06-0${i + 1}T12:00:00Z`))
  await deliver(...values, recorded(venue, 99, '2026-06-01T12:00:00Z', { test_mode: true }))
  await deliver(values)
  const june = { from: '2026-06-01', to: '2026-07-01' }
  const answers = await Promise.all(
    ['sum', 'avg', 'min', 'max', 'count'].map((fn) =>
      read(venue, 'bar', 'aggregate', { fn, ...june }),
    ),
  )
  expect(answers.map(({ body }) => body.value)).toEqual([0.6, 0.2, 0.1, 0.3, 3])
  const before = { from: '2026-05-01', to: '2026-06-01' }
  expect((await read(venue, 'bar', 'aggregate', { fn: 'sum', ...before })).body.value).toBeNull()
  expect((await read(venue, 'bar', 'aggregate', { fn: 'count', ...before })).body.value).toBe(0)
  expect((await read(venue, 'bar', 'latest')).body).toMatchObject({
    value: 0.3,
    start: '2026-06-03T12:00:00+00:00',
  })
})

test('a metric nobody recorded is not found, nor is one of another venue', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  await deliver(recorded(other, 1, '2026-06-01T12:00:00Z'))
  expect((await read(venue, 'bar', 'latest')).status).toBe(404)
  const asked = { fn: 'sum', from: '2026-06-01', to: '2026-07-01' }
  expect((await read(venue, 'bar', 'aggregate', asked)).status).toBe(404)
})

test('over a metric of the catalogue an aggregate goes over its buckets', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue), paid(venue, { occurred_at: '2026-06-03T12:00:00Z' }))
  const asked = { from: '2026-06-01', to: '2026-06-05', granularity: 'day' }
  const max = await read(venue, 'orders', 'aggregate', { fn: 'max', ...asked })
  const avg = await read(venue, 'orders', 'aggregate', { fn: 'avg', ...asked })
  expect([max.body.value, avg.body.value]).toEqual([2, 0.75])
})

test('the latest of a metric of the catalogue is the running day', async () => {
  const venue = unique('v')
  const now = new Date().toISOString()
  await deliver(
    paid(venue, { occurred_at: now }),
    paid(venue, { occurred_at: '2026-06-01T00:00:00Z' }),
  )
  const { body } = await read(venue, 'gross_revenue', 'latest')
  expect(body).toMatchObject({ value: 9100, currency: 'USD', unit: 'minor' })
})

test('values are recorded through the queue, as events like any other', async () => {
  const venue = unique('v')
  const one = { name: 'bar', value: 12.5, unit: 'EUR', dimensions: { bar: 'foyer' }, eventId: 'r1' }
  expect(await record(venue, '', one)).toMatchObject({
    status: 202,
    body: { accepted: 1, eventIds: ['r1'] },
  })
  expect((await record(venue, '/bulk', [one, { name: 'bar', value: 1 }])).body.accepted).toBe(2)
  const sqs = new SQSClient({})
  // Until both are there: the queue hands out what it likes.
  for (let bodies: string[] = []; bodies.length < 2; ) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    )
    bodies = [...bodies, ...Messages.map(({ Body }) => Body ?? '')]
    await deliver(...Messages.map(({ Body }) => Body ?? ''))
  }
  sqs.destroy()
  const all = { fn: 'sum', from: '2020-01-01', to: '2100-01-01' }
  expect((await read(venue, 'bar', 'aggregate', all)).body.value).toBe(13.5)
})

test.each([
  [{ name: 'orders', value: 1 }, 'name'],
  [{ name: 'bar' }, 'value'],
  [{ name: 'bar', value: 1, price: 2 }, 'price'],
  [{ name: 'bar', value: 1, occurredAt: '2999-01-01T00:00:00Z' }, 'occurred_at'],
])('%j is not recorded: %s is named', async (body, path) => {
  const answer = await record(unique('v'), '', body)
  expect(answer.status).toBe(400)
  expect(answer.body.issues[0].path).toBe(path)
})
