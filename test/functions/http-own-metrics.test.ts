import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as ownMetrics } from '../../functions/http/own-metrics.ts'
import { event, paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
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

test('a sum beyond every number is refused, never told as nothing', async () => {
  const venue = unique('v')
  const most = Number.MAX_VALUE
  await deliver(
    recorded(venue, most, '2026-06-01T12:00:00Z'),
    recorded(venue, most, '2026-06-01T13:00:00Z'),
  )
  const day = { from: '2026-06-01', to: '2026-06-02' }
  const sum = await read(venue, 'bar', 'aggregate', { fn: 'sum', ...day })
  expect([sum.status, sum.body.issues[0].path]).toEqual([422, 'fn'])
  expect((await read(venue, 'bar', 'aggregate', { fn: 'max', ...day })).body.value).toBe(most)
})

test('money of more than 9,007,199,254,740,991 minor units stays exact at every door', async () => {
  const venue = unique('v')
  const huge = { quantity: 1, unit_price_minor: Number.MAX_SAFE_INTEGER }
  const show = (id: string) => ({ event_ref: { event_id: id } })
  await deliver(
    ...['a', 'a', 'a', 'b', 'b'].map((id) => paid(venue, show(id), huge)),
    paid(venue, show('c'), { quantity: 1, unit_price_minor: 1 }),
  )
  const caller = { venues: { [venue]: 'viewer' as const } }
  const june = { from: '2026-06-01', to: '2026-06-03' }
  const aggregate = 'GET /v1/venues/{venueId}/metrics/{metric}/aggregate'
  const written = []
  for (const fn of ['sum', 'max', 'min', 'count']) {
    const { text } = await request(metrics, aggregate, {
      caller,
      params: { venueId: venue, metric: 'gross_revenue' },
      query: { fn, ...june, granularity: 'day' },
    })
    written.push(/"value":(\d+)/.exec(text)?.[1])
  }
  expect(written).toEqual(['45035996273704956', '45035996273704956', '0', '2'])
  const { text } = await request(metrics, 'POST /v1/venues/{venueId}/query', {
    caller,
    params: { venueId: venue },
    body: {
      measures: ['gross_revenue'],
      dimensions: ['event'],
      time: june,
      order: [{ by: 'gross_revenue', dir: 'asc' }],
    },
  })
  expect(/"rows":(\[\[.*\]\])/.exec(text)?.[1]).toBe(
    '[["c",1],["b",18014398509481982],["a",27021597764222973]]',
  )
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
  [{ name: 'bar', value: 1, occurredAt: '2999-01-01T00:00:00Z' }, 'occurredAt'],
  [{ name: 'bar', value: 1, dimensions: { a: 'x'.repeat(301) } }, 'dimensions.a'],
])('%j is not recorded: %s is named', async (body, path) => {
  const answer = await record(unique('v'), '', body)
  expect(answer.status).toBe(400)
  expect(answer.body.issues[0].path).toBe(path)
})

test('a refusal names the field of the caller, and its item in a list', async () => {
  const late = { name: 'bar', value: 1, occurredAt: '2999-01-01T00:00:00Z' }
  for (const [body, path] of [
    [[late], '0.occurredAt'],
    [[{ name: 'bar', value: 1 }, late], '1.occurredAt'],
  ]) {
    const answer = await record(unique('v'), '/bulk', body)
    const [issue] = answer.body.issues
    expect([answer.status, issue.path]).toEqual([400, path])
    expect(issue.message).toMatch(/^occurredAt /)
  }
})
