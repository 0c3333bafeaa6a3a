import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { dropDatabases, emptyDatabase } from '../support/databases.ts'
import { paid, unique } from '../support/events.ts'
import { type Asked, type HttpHandler, request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'

const secretHost = 'postgres-primary.internal.example'
const keys = {
  metrics: 'GET /v1/venues/{venueId}/metrics/{metric}',
  events: 'GET /v1/venues/{venueId}/events',
  settings: 'GET /v1/venues/{venueId}/settings',
  quarantine: 'GET /v1/venues/{venueId}/ingest/quarantine',
  'ingest-stats': 'GET /v1/venues/{venueId}/ingest/stats',
}
const asked: Asked = {
  caller: { venues: { 'v-1': 'owner' } },
  params: { venueId: 'v-1', metric: 'orders' },
}
const week = { from: '2026-06-01', to: '2026-06-08' }
const known = { ...process.env }
const closers: (() => Promise<unknown>)[] = []

// every fresh process listens for what postgres.js throws
process.setMaxListeners(100)

afterAll(async () => {
  await Promise.all([closeStores(), ...closers.map((close) => close())])
  Object.assign(process.env, known)
  await dropDatabases()
})

/** A function as a fresh process has it, with other addresses. */
async function fresh(name: string, env: Record<string, string>): Promise<HttpHandler> {
  for (const name of Object.keys(process.env)) if (!(name in known)) delete process.env[name]
  Object.assign(process.env, known, env)
  jest.resetModules()
  const { handler } = (await import(`../../functions/http/${name}.ts`)) as { handler: HttpHandler }
  const { closePostgres } = await import('../../lib/clients/postgres.ts')
  const { closeMongo } = await import('../../lib/clients/mongo.ts')
  closers.push(closePostgres, closeMongo)
  return handler
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function whileSilent(work: (port: number) => Promise<void>) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

/** Returns how long the requests took, in ms: not the loading of the handlers. */
async function expectUnavailable(env: Record<string, string>): Promise<number> {
  let tookMs = 0
  for (const [name, key] of Object.entries(keys)) {
    const handler = await fresh(name, env)
    const query = name === 'metrics' ? week : undefined
    const startedAt = performance.now()
    const answer = await request(handler, key, { ...asked, query })
    tookMs += performance.now() - startedAt
    expect([name, answer.status, answer.body.code]).toEqual([name, 503, 'unavailable'])
    expect(answer.body.detail).toContain('postgres')
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.text).not.toMatch(/secret-password|turnout-secret|internal\.example/)
  }
  return tookMs
}

test('Postgres that refuses connections is named, and nothing else of it is told', async () => {
  const url = `postgres://turnout-secret:secret-password@127.0.0.1:${await closedPort()}/x`
  await expectUnavailable({ DATABASE_URL: url })
})

test('Postgres of a name that nobody knows is named alone', async () => {
  await expectUnavailable({ DATABASE_URL: `postgres://turnout-secret:x@${secretHost}/x` })
})

test('Postgres that accepts and never answers is named within the deadline', async () => {
  await whileSilent(async (port) => {
    const url = `postgres://turnout-secret:secret-password@127.0.0.1:${port}/x`
    const tookMs = await expectUnavailable({ DATABASE_URL: url, DATABASE_DEADLINE_MS: '300' })
    expect(tookMs).toBeLessThan(10_000)
  })
})

test('Postgres that does not know us is an outage or a fault, and tells nothing', async () => {
  const url = new URL(known.DATABASE_URL ?? '')
  url.password = 'secret-password'
  const handler = await fresh('settings', { DATABASE_URL: url.href })
  const answer = await request(handler, keys.settings, asked)
  expect([500, 503]).toContain(answer.status)
  expect(answer.text).not.toMatch(/secret-password|password|turnout_app/)
})

test('a fault of ours is 500 with a fixed text', async () => {
  const { app } = await emptyDatabase() // without a table
  const handler = await fresh('settings', { DATABASE_URL: app })
  const answer = await request(handler, keys.settings, asked)
  expect([answer.status, answer.body]).toEqual([
    500,
    {
      type: 'urn:turnout:problem:internal',
      title: 'Internal',
      status: 500,
      code: 'internal',
      detail: 'Something went wrong on our side',
      requestId: 'request-of-the-test',
    },
  ])
})

test('settings that are missing are a fault whose names stay inside', async () => {
  const handler = await fresh('settings', { DATABASE_URL: '' })
  const answer = await request(handler, keys.settings, asked)
  expect(answer.status).toBe(500)
  expect(answer.text).not.toMatch(/DATABASE|environment/)
})

test('a queue that does not answer is named, and nothing counts as accepted', async () => {
  const endpoint = `http://127.0.0.1:${await closedPort()}`
  const handler = await fresh('ingest', {
    AWS_ENDPOINT_URL: endpoint,
    EVENTS_QUEUE_URL: `${endpoint}/000000000000/events`,
  })
  const answer = await request(handler, 'POST /v1/ingest/events', {
    ...asked,
    body: [paid('v-1')],
  })
  expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
  expect(answer.body.detail).toContain('queue')
})

test('a replay that the queue does not take is told, and its events are kept as before', async () => {
  const venueId = unique('v')
  await deliver({ ...paid(venueId), type: 'order.devoured' })
  const endpoint = `http://127.0.0.1:${await closedPort()}`
  const handler = await fresh('quarantine', {
    AWS_ENDPOINT_URL: endpoint,
    EVENTS_QUEUE_URL: `${endpoint}/000000000000/events`,
  })
  const own: Asked = { caller: { venues: { [venueId]: 'manager' } }, params: { venueId } }
  const base = '/v1/venues/{venueId}/ingest/quarantine'
  const answer = await request(handler, `POST ${base}/replay`, { ...own, body: {} })
  expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
  expect(answer.body.detail).toContain('queue')
  const { body } = await request(handler, `GET ${base}`, own)
  expect(body.items).toMatchObject([{ state: 'kept', attempts: 0, replayable: true }])
})

test('an Idempotency-Key is free again when the queue did not answer', async () => {
  const key = unique('k')
  const record = async (queue: string | undefined) => {
    const handler = await fresh('own-metrics', { EVENTS_QUEUE_URL: queue ?? '' })
    return request(handler, 'POST /v1/venues/{venueId}/metrics', {
      ...asked,
      params: { venueId: 'v-1' },
      body: { name: 'queue_length', value: 7 },
      headers: { 'idempotency-key': key },
    })
  }
  expect((await record(known.EVENTS_QUEUE_URL?.replace(/[^/]+$/, 'no-such-queue'))).status).toBe(
    503,
  )
  expect((await record(known.EVENTS_QUEUE_URL)).status).toBe(202)
})

test('a write with an Idempotency-Key waits for Postgres to answer again, one without does not', async () => {
  const url = `postgres://turnout-secret:secret-password@127.0.0.1:${await closedPort()}/x`
  const handler = await fresh('ingest', { DATABASE_URL: url })
  const send = (headers: Record<string, string>) =>
    request(handler, 'POST /v1/ingest/events', { ...asked, body: [paid('v-1')], headers })
  const [away, fine] = [await send({ 'idempotency-key': 'k-1' }), await send({})]
  expect([away.status, fine.status]).toEqual([503, 202])
  expect(away.body.detail).toContain('postgres')
})

test('/ready says which store is away, with 503 for one that counting needs', async () => {
  const url = `postgres://turnout-secret:secret-password@127.0.0.1:${await closedPort()}/x`
  const down = await request(await fresh('ready', { DATABASE_URL: url }), 'GET /ready')
  expect([down.status, down.body.status, down.body.stores.postgres.ok]).toEqual([
    503,
    'down',
    false,
  ])
  expect(down.body.stores.mongo.ok).toBe(true)
  expect(down.text).not.toMatch(/secret|127\.0\.0\.1|ECONN/)

  const redis = { UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${await closedPort()}` }
  const degraded = await request(await fresh('ready', redis), 'GET /ready')
  expect([degraded.status, degraded.body.status]).toEqual([200, 'degraded'])
  expect(degraded.body.stores.redis.ok).toBe(false)

  const fine = await request(await fresh('ready', {}), 'GET /ready')
  expect([fine.status, fine.body.status]).toEqual([200, 'ok'])
})
