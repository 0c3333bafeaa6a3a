import { randomBytes } from 'node:crypto'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import * as z from 'zod'
import { handler as health } from '../../functions/http/health.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as notFound } from '../../functions/http/not-found.ts'
import { Answer, http, type Route, route } from '../../lib/http.ts'
import { unique } from '../support/events.ts'
import { type Asked, type HttpHandler, httpFunctions, request } from '../support/http.ts'
import { lambdas } from '../support/serverless.ts'
import { closeStores } from '../support/service.ts'

const venue = unique('v')
const page = 'https://app.example'
const known = process.env.ALLOWED_ORIGINS
const gateway = globalThis as { gatewayRoutes?: string[] }

beforeAll(() => {
  // as local/gateway-routes.mjs tells them when the functions are bundled
  gateway.gatewayRoutes = lambdas.flatMap(([, { events = [] }]) =>
    events.flatMap(({ httpApi }) =>
      httpApi && httpApi !== '*' ? [`${httpApi.method} ${httpApi.path}`] : [],
    ),
  )
})
afterAll(async () => {
  process.env.ALLOWED_ORIGINS = known
  gateway.gatewayRoutes = undefined
  await closeStores()
})

const viewer: Asked = {
  caller: { venues: { [venue]: 'viewer' } },
  params: { venueId: venue, metric: 'orders', eventId: 'show-1', type: 'order.paid' },
}

/** A function of the wrapper alone. */
const functionOf = (answer: Route['answer'], response: z.ZodType = z.any()) => {
  const told = { access: 'public', summary: 'For this test', response } as const
  return http({ 'GET /x': route(told, answer) })
}

/** What goes to the gateway, as it is. */
const raw = (handler: HttpHandler, headers: Record<string, string>) =>
  handler(
    {
      routeKey: 'GET /x',
      rawPath: '/x',
      headers,
      requestContext: { http: { method: 'GET' } },
    } as unknown as APIGatewayProxyEventV2 as never,
    { functionName: 'test', awsRequestId: 'r-1' } as Context,
  ) as Promise<{ statusCode: number; headers: Record<string, string>; body?: string }>

// A trace is of its request, and how long the stores took, which /ready tells, is never the same.
const steady = ({ etag: _, 'x-trace-id': __, ...headers }: Record<string, string>) => headers

test('HEAD has the headers of GET and no body, on every route', async () => {
  const findings: unknown[] = []
  for (const { handler } of await httpFunctions()) {
    const gets = Object.keys(handler.routes).filter((key) => key.startsWith('GET '))
    for (const key of gets) {
      // as the gateway of AWS sends it, and as the offline gateway does
      for (const asked of [{}, { method: 'HEAD' }]) {
        const get = await request(handler, key, viewer)
        const headKey = 'method' in asked ? key : key.replace('GET', 'HEAD')
        const head = await request(handler, headKey, { ...viewer, ...asked })
        const { 'content-length': length, ...headers } = steady(head.headers)
        const expected = steady(get.headers)
        if (head.status !== get.status) findings.push([key, head.status])
        expect([key, headers]).toEqual([key, expected])
        if (key !== 'GET /ready')
          expect([key, length]).toEqual([key, String(Buffer.byteLength(get.text))])
      }
    }
  }
  expect(findings).toEqual([])
})

const options = (path: string, headers: Record<string, string> = {}) =>
  request(notFound, '$default', { caller: null, method: 'OPTIONS', path, headers })

test.each([
  ['/v1/venues/v-1/settings', 'GET, PUT, OPTIONS'],
  ['/v1/venues/v-1/metrics', 'POST, OPTIONS'],
  ['/v1/venues/v-1/metrics/orders', 'GET, OPTIONS'],
  ['/v1/ingest/events', 'POST, OPTIONS'],
  ['/health', 'GET, OPTIONS'],
])('OPTIONS of %s tells what it allows: %s', async (path, allow) => {
  const { status, headers } = await options(path)
  expect([status, headers.allow]).toEqual([204, allow])
})

test.each(['/', '/v1', '/v1/venues//settings', '/v1/venues/v-1/settings/x', '/constructor', '*'])(
  'OPTIONS of %s, which is nothing, is 404',
  async (path) => {
    expect((await options(path)).status).toBe(404)
  },
)

/** The functions as a process has them that was started with these origins. */
async function withOrigins(origins: string) {
  process.env.ALLOWED_ORIGINS = origins
  jest.resetModules()
  const load = async (name: string) =>
    ((await import(`../../functions/http/${name}.ts`)) as { handler: HttpHandler }).handler
  return { health: await load('health'), notFound: await load('not-found') }
}

const corsOf = (headers: Record<string, string>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

test('a page of an origin that is named may read, one of another may not', async () => {
  const { health: own } = await withOrigins(`${page}, http://localhost:5173`)
  const from = (origin?: string) =>
    request(own, 'GET /health', { headers: origin ? { origin } : {} })
  for (const origin of [page, 'http://localhost:5173']) {
    const { headers } = await from(origin)
    expect(headers['access-control-allow-origin']).toBe(origin)
    expect(headers['access-control-expose-headers']).toMatch(/ETag.*Retry-After/)
    expect(headers.vary).toContain('Origin')
  }
  const strangers = ['https://evil.example', `${page}.evil.example`, `${page}:8443`, 'null', '']
  for (const origin of [...strangers, 'http://app.example', page.toUpperCase(), undefined]) {
    const { status, headers } = await from(origin)
    expect([origin, status, corsOf(headers)]).toEqual([origin, 200, []])
    expect(headers.vary).toContain('Origin')
  }
})

test('a refusal can be read by the page, too', async () => {
  const { notFound: own } = await withOrigins(page)
  const { status, headers } = await request(own, '$default', { headers: { origin: page } })
  expect([status, headers['access-control-allow-origin']]).toEqual([404, page])
})

const preflight = { 'access-control-request-method': 'PUT', origin: page }

test('a preflight is answered without a token', async () => {
  const { notFound: own } = await withOrigins(page)
  const ask = (origin: string) =>
    request(own, '$default', {
      caller: null,
      method: 'OPTIONS',
      path: '/v1/venues/v-1/settings',
      headers: { ...preflight, origin },
    })
  const { status, headers } = await ask(page)
  expect([status, headers['access-control-allow-origin']]).toEqual([204, page])
  expect(headers['access-control-allow-methods']).toContain('PUT')
  expect(headers['access-control-allow-headers']).toMatch(
    /Authorization.*Idempotency-Key.*If-Match/,
  )
  expect((await ask('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined()
})

test.each(['', '*', page])('with the origins %j credentials are never allowed', async (origins) => {
  const { health: own, notFound: other } = await withOrigins(origins)
  const answers = [
    await request(own, 'GET /health', { headers: { origin: page } }),
    await request(other, '$default', { method: 'OPTIONS', path: '/health', headers: preflight }),
  ]
  for (const { headers } of answers) {
    expect(headers['access-control-allow-credentials']).toBeUndefined()
    const allowed = headers['access-control-allow-origin']
    expect(allowed).toBe(origins === '' ? undefined : origins)
  }
})

test.each(['app.example', 'https://app.example/', 'https://*.example', 'null'])(
  'a setting that is no origin stops the function: %s',
  async (origins) => {
    const { health: own } = await withOrigins(origins)
    await expect(request(own, 'GET /health')).rejects.toThrow('ALLOWED_ORIGINS')
  },
)

const gzip = { 'accept-encoding': 'gzip' }
const catalogue = (headers: Record<string, string>, method?: string) =>
  request(metrics, 'GET /v1/metrics', { headers, ...(method && { method }) })

test('a large answer is packed for whoever takes it', async () => {
  const plain = await catalogue({})
  expect(plain.text.length).toBeGreaterThan(4096)
  for (const accepted of ['gzip', 'br, gzip;q=0.5', '*', 'GZIP', 'deflate, *;q=0.1']) {
    const packed = await catalogue({ 'Accept-Encoding': accepted })
    expect([accepted, packed.headers['content-encoding']]).toEqual([accepted, 'gzip'])
    expect([packed.body, packed.headers.etag]).toEqual([plain.body, plain.headers.etag])
    expect(packed.headers.vary).toContain('Accept-Encoding')
  }
  for (const accepted of ['', 'br', 'identity', 'gzip;q=0', 'gzip;q=0, *', 'xgzip']) {
    const { headers } = await catalogue({ 'accept-encoding': accepted })
    expect([accepted, headers['content-encoding']]).toEqual([accepted, undefined])
    expect(headers.vary).toContain('Accept-Encoding')
  }
  const head = await catalogue(gzip, 'HEAD')
  expect(head.headers['content-encoding']).toBe('gzip')
  expect(Number(head.headers['content-length'])).toBeLessThan(plain.text.length)
})

test('a small answer, a refusal and a 304 are not packed', async () => {
  const small = await request(health, 'GET /health', { headers: gzip })
  const refused = await request(notFound, '$default', { headers: gzip })
  const { etag = '' } = (await catalogue({})).headers
  const same = await catalogue({ ...gzip, 'if-none-match': etag })
  expect(same.status).toBe(304)
  for (const { headers } of [small, refused, same]) {
    expect(headers['content-encoding']).toBeUndefined()
  }
})

test('an answer of more than 6 MB is refused, or travels packed', async () => {
  const numbers = { points: Array.from({ length: 400_000 }, (_, i) => ({ start: i, value: 7 })) }
  const own = functionOf(async () => numbers)
  const refused = await raw(own, {})
  expect(refused.statusCode).toBe(422)
  expect(JSON.parse(refused.body ?? '')).toMatchObject({ code: 'unprocessable', status: 422 })
  const packed = await raw(own, gzip)
  expect([packed.statusCode, packed.headers['content-encoding']]).toEqual([200, 'gzip'])
  expect(JSON.stringify(packed).length).toBeLessThan(6_000_000)
})

test('what the gateway carries counts: quotes are escaped, and noise does not pack', async () => {
  const quotes = functionOf(async () => '"'.repeat(1_600_000))
  expect((await raw(quotes, {})).statusCode).toBe(422)
  const noise = functionOf(async () => randomBytes(4_700_000).toString('base64'))
  expect((await raw(noise, gzip)).statusCode).toBe(422)
  const fits = functionOf(async () => randomBytes(3_000_000).toString('base64'))
  expect((await raw(fits, {})).statusCode).toBe(200)
})

test('a text of a type of its own goes as it is, with headers of its own', async () => {
  const html = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': 'x' }
  const own = functionOf(async () => new Answer(200, '<p>"Hello"</p>', html))
  const { body, headers } = await raw(own, {})
  expect(body).toBe('<p>"Hello"</p>')
  expect(headers).toMatchObject(html)
})

test('a table with a write must have what makes it happen once', () => {
  const told = { access: 'public', summary: 'A write', response: z.any() } as const
  const write = route(told, async () => ({}))
  expect(() => http({ 'POST /x': write })).toThrow('lib/idempotency/once.ts')
  expect(() => http({ 'POST /x': { ...write, access: 'viewer' } })).not.toThrow()
})
