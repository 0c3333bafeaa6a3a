import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { Caller } from '../../lib/access/grants.ts'
import type { Counted } from '../../lib/access/limits.ts'
import { unique } from '../support/events.ts'
import { type HttpHandler, request } from '../support/http.ts'
import { closeStores } from '../support/service.ts'
import { audience, issuer, type Key, makeKey, serveKeys, sign } from '../support/tokens.ts'

let server: Awaited<ReturnType<typeof serveKeys>>
let key: Key
let at = 0
const known = { ...process.env }
const minute = 60_000

beforeAll(async () => {
  server = await serveKeys()
  key = await makeKey('key-1')
  server.state.keys = [key.public]
  // the first second of a minute that no other run has counted in
  at = Math.ceil(Date.now() / minute) * minute + 1000
  jest.spyOn(Date, 'now').mockImplementation(() => at)
  const real = Date
  jest
    .spyOn(global, 'Date')
    .mockImplementation(((...told: []) =>
      told.length > 0 ? new real(...told) : new real(at)) as never)
  Object.assign(Date, { now: () => at, parse: real.parse, UTC: real.UTC })
})
afterAll(async () => {
  Object.assign(process.env, known)
  server.close()
  await closeStores()
})

type Answer = { context: { caller: string } & Partial<Counted> }
type Authorize = (event: unknown) => Promise<Answer>

/** An instance of the authorizer: each has counts of its own. */
async function instance(env: Record<string, string> = {}): Promise<Authorize> {
  Object.assign(process.env, known, env, {
    JWKS_URL: server.url,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
  })
  jest.resetModules()
  const { handler } = await import('../../functions/http/authorize.ts')
  return handler as unknown as Authorize
}

const token = (venueId: string, sub = unique('u')) =>
  sign(key, { claims: { sub, venues: { [venueId]: 'manager' } } })

const asking = (bearer: string, venueId = '', routeKey = 'GET /v1/venues/{venueId}/settings') => ({
  headers: { authorization: `Bearer ${bearer}` },
  routeKey,
  pathParameters: venueId ? { venueId } : undefined,
})

/** How many of `count` requests are let pass. */
async function passed(count: number, ask: () => Promise<Answer>): Promise<number> {
  let done = 0
  for (let i = 0; i < count; i += 1) if (!(await ask()).context.retryAfter) done += 1
  return done
}

test('a token has its requests of the minute, and the next minute anew', async () => {
  const authorize = await instance({ READS_PER_MINUTE: '5' })
  const [venue, first] = [unique('v'), await authorize(asking(await token(unique('v'))))]
  expect(first.context).toMatchObject({
    rateLimit: '"reads";r=4;t=59',
    ratePolicy: '"reads";q=5;w=60',
  })
  const mine = asking(await token(venue), venue)
  expect(await passed(10, () => authorize(mine))).toBe(5)
  expect((await authorize(mine)).context).toMatchObject({
    rateLimit: '"reads";r=0;t=59',
    retryAfter: 59,
  })
  at += minute
  expect(await passed(10, () => authorize(mine))).toBe(5)
})

test('another token of the venue has its own, and all together have five times as much', async () => {
  const authorize = await instance({ READS_PER_MINUTE: '5' })
  const venue = unique('v')
  const tokens = await Promise.all(Array.from({ length: 8 }, () => token(venue)))
  let all = 0
  for (const each of tokens) all += await passed(10, () => authorize(asking(each, venue)))
  expect(all).toBe(25)
  const elsewhere = unique('v')
  const other = asking(await token(elsewhere), elsewhere)
  expect(await passed(10, () => authorize(other))).toBe(5)
})

test('who has no part in a venue uses up nothing of it', async () => {
  const authorize = await instance({ READS_PER_MINUTE: '2' })
  const venue = unique('v')
  for (let i = 0; i < 20; i += 1) await authorize(asking(await token(unique('v')), venue))
  const mine = asking(await token(venue), venue)
  expect(await passed(5, () => authorize(mine))).toBe(2)
})

test('reads, writes and events have limits of their own', async () => {
  const limits = { READS_PER_MINUTE: '2', WRITES_PER_MINUTE: '3', INGESTS_PER_MINUTE: '4' }
  const authorize = await instance(limits)
  const venue = unique('v')
  const bearer = await token(venue)
  const of = (routeKey: string) => passed(9, () => authorize(asking(bearer, venue, routeKey)))
  expect(await of('GET /v1/venues/{venueId}/metrics/{metric}')).toBe(2)
  expect(await of('POST /v1/venues/{venueId}/query')).toBe(0)
  expect(await of('PUT /v1/venues/{venueId}/settings')).toBe(3)
  expect(await of('POST /v1/ingest/events')).toBe(4)
})

test('instances share a token’s minute, to a hundredth each', async () => {
  const limit = 400
  const env = { READS_PER_MINUTE: String(limit) }
  const instances = [await instance(env), await instance(env), await instance(env)]
  const venue = unique('v')
  const mine = asking(await token(venue), venue)
  let turn = 0
  const all = await passed(3 * limit, () => {
    turn += 1
    return (instances[turn % 3] as Authorize)(mine)
  })
  expect(all).toBeGreaterThanOrEqual(limit)
  expect(all).toBeLessThanOrEqual(limit + 3 * (limit / 100))
})

test('a burst at once is counted whole', async () => {
  const authorize = await instance({ READS_PER_MINUTE: '50' })
  const venue = unique('v')
  const mine = asking(await token(venue), venue)
  const answers = await Promise.all(Array.from({ length: 300 }, () => authorize(mine)))
  expect(answers.filter(({ context }) => !context.retryAfter)).toHaveLength(50)
})

test('while Redis is away requests pass at once, and each instance holds to the limit', async () => {
  const refusing = createServer()
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const { port } = refusing.address() as AddressInfo
  await new Promise((resolve) => refusing.close(resolve))
  const authorize = await instance({
    READS_PER_MINUTE: '100',
    UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${port}`,
  })
  const venue = unique('v')
  const mine = asking(await token(venue), venue)
  expect(await passed(200, () => authorize(mine))).toBe(100)
})

test('a Redis that never answers costs one request 200 ms, and those behind it nothing', async () => {
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const authorize = await instance({
    READS_PER_MINUTE: '100',
    UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${port}`,
  })
  const venue = unique('v')
  const mine = asking(await token(venue), venue)
  await authorize(asking('nonsense')) // reads the keys of tokens
  const startedAt = performance.now()
  expect(await passed(50, () => authorize(mine))).toBe(50)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  silent.close()
})

test('a bad token counts for nobody', async () => {
  const authorize = await instance()
  expect((await authorize(asking('nonsense'))).context).toEqual({ caller: '' })
})

test('one request too many is 429 with Retry-After, whatever it asks', async () => {
  const { handler } = await import('../../functions/http/settings.ts')
  const caller: Partial<Caller> = { venues: { 'v-1': 'manager' } }
  const limits = { rateLimit: '"reads";r=0;t=7', ratePolicy: '"reads";q=5;w=60' }
  const ask = (context: Record<string, string>) =>
    request(handler as HttpHandler, 'PUT /v1/venues/{venueId}/settings', {
      caller,
      params: { venueId: 'v-2' },
      context: { ...limits, ...context },
    })
  const over = await ask({ retryAfter: '7' })
  expect([over.status, over.body.code, over.headers['retry-after']]).toEqual([
    429,
    'rate_limited',
    '7',
  ])
  const under = await ask({})
  expect(under.status).toBe(404)
  for (const { headers } of [over, under]) {
    expect([headers.ratelimit, headers['ratelimit-policy']]).toEqual(Object.values(limits))
  }
})
