import http, { type IncomingMessage } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { unique } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { ownQueue } from '../support/queue.ts'

const page = 'https://app.example'
const venue = unique('v')
let gateway: Awaited<ReturnType<typeof startGateway>>
let bearer: string

beforeAll(async () => {
  const EVENTS_QUEUE_URL = await ownQueue()
  gateway = await startGateway({ EVENTS_QUEUE_URL, ALLOWED_ORIGINS: page, WRITES_PER_MINUTE: '60' })
  bearer = `Bearer ${await gateway.tokenFor(venue)}`
}, 120_000)
afterAll(() => gateway?.stop())

type Sent = { method?: string; headers?: Record<string, string>; body?: Buffer | string }
type Got = { status: number; headers: IncomingMessage['headers']; bytes: Buffer; text: string }

/** A request as it is on the wire: nothing is added, unpacked or followed. */
function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Got> {
  const all = { authorization: bearer, ...headers }
  const asked = { port: gateway.port, path, method, headers: all, agent: false as const }
  return new Promise((resolve, reject) => {
    const request = http.request(asked, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const { statusCode: status = 0, headers: told } = response
        resolve({ status, headers: told, bytes, text: bytes.toString() })
      })
    })
    request.setTimeout(10_000, () => request.destroy(new Error(`no answer: ${method} ${path}`)))
    request.on('error', reject)
    request.end(body)
  })
}

const settings = `/v1/venues/${venue}/settings`
const record = `/v1/venues/${venue}/metrics`
const value = JSON.stringify({ name: 'queue_length', value: 7 })
const json = { 'content-type': 'application/json' }
const post = (body: Buffer | string, headers: Record<string, string> = {}, path = record) =>
  send(path, { method: 'POST', body, headers: { ...json, ...headers } })

test('HEAD has the headers of GET and no body', async () => {
  for (const path of ['/health', '/v1/metrics', '/v1/schemas/order.paid', settings]) {
    for (const accepted of ['', 'gzip']) {
      const headers = { 'accept-encoding': accepted }
      const [get, head] = [
        await send(path, { headers }),
        await send(path, { method: 'HEAD', headers }),
      ]
      expect([path, head.status, head.bytes.length]).toEqual([path, 200, 0])
      for (const name of ['content-type', 'etag', 'cache-control', 'content-encoding', 'vary']) {
        expect([path, name, head.headers[name]]).toEqual([path, name, get.headers[name]])
      }
      expect([path, head.headers['content-length']]).toEqual([path, String(get.bytes.length)])
    }
  }
  expect((await send('/nothing', { method: 'HEAD' })).status).toBe(404)
})

test('OPTIONS tells what an address allows, and is 404 where there is none', async () => {
  const { status, headers, bytes } = await send(settings, { method: 'OPTIONS' })
  expect([status, headers.allow, bytes.length]).toEqual([204, 'GET, PUT, HEAD, OPTIONS', 0])
  expect((await send('/v1/nothing', { method: 'OPTIONS' })).status).toBe(404)
})

test('a wrong method is 404 in the form of the contract', async () => {
  for (const [method, path] of [
    ['DELETE', settings],
    ['PATCH', '/v1/metrics'],
    ['POST', '/health'],
  ]) {
    const { status, headers, text } = await send(path ?? '', { method })
    expect([method, status, headers['content-type']]).toEqual([
      method,
      404,
      'application/problem+json',
    ])
    expect(JSON.parse(text).code).toBe('not_found')
  }
})

test('a page of a named origin may call, one of another may not, and none with credentials', async () => {
  const preflight = { 'access-control-request-method': 'PUT', authorization: '' }
  for (const [origin, allowed] of [
    [page, page],
    ['https://evil.example', undefined],
  ] as const) {
    const answers = [
      await send(settings, { headers: { origin: origin } }),
      await send('/nothing', { headers: { origin: origin } }),
      await send(settings, { method: 'OPTIONS', headers: { ...preflight, origin: origin } }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 204])
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe(allowed)
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
  }
})

test('a large answer arrives packed, whole', async () => {
  const plain = await send('/v1/metrics')
  const packed = await send('/v1/metrics', { headers: { 'accept-encoding': 'gzip' } })
  expect(packed.headers['content-encoding']).toBe('gzip')
  expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2)
  expect(gunzipSync(packed.bytes)).toEqual(plain.bytes)
  expect(plain.headers['content-encoding']).toBeUndefined()
})

test('packed bodies arrive on every route that takes one', async () => {
  const packed = gzipSync(value)
  expect((await post(packed, { 'content-encoding': 'gzip' })).status).toBe(202)
  const put = gzipSync(
    JSON.stringify({ timezone: 'UTC', dayStart: '06:00', currency: 'EUR', weekStart: 'sunday' }),
  )
  const headers = { ...json, 'content-encoding': 'gzip', 'if-match': '*' }
  expect((await send(settings, { method: 'PUT', body: put, headers })).status).toBe(200)
})

const bomb = () => gzipSync(Buffer.alloc(1_000_000_000), { level: 9 })
const bodies: [
  what: string,
  status: number,
  body: () => Buffer | string,
  headers?: Record<string, string>,
][] = [
  ['empty', 400, () => ''],
  ['not UTF-8', 400, () => Buffer.from([0x22, 0xff, 0xfe, 0x22])],
  ['not UTF-8 inside of JSON', 400, () => Buffer.from('{"name":"\xff","value":1}', 'latin1')],
  ['UTF-16', 400, () => Buffer.from(`\ufeff${value}`, 'utf16le')],
  ['behind a byte order mark', 400, () => `\ufeff${value}`],
  ['packed with br', 415, () => value, { 'content-encoding': 'br' }],
  ['text', 415, () => value, { 'content-type': 'text/plain' }],
  ['two megabytes', 413, () => Buffer.alloc(2_000_000, 0x20)],
  ['a gigabyte in a megabyte', 413, bomb, { 'content-encoding': 'gzip' }],
  ['of a depth of 100,000', 400, () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
]

const complete = bodies.map(([what, status, body, headers = {}]) => ({
  what,
  status,
  body,
  headers,
}))

test.each(complete)('a body that is $what is refused with $status', async (one) => {
  const answer = await post(one.body(), one.headers)
  const { status, headers, text } = answer
  expect([status, headers['content-type']]).toEqual([one.status, 'application/problem+json'])
  expect(text).not.toMatch(/\bat [\w.<>]+ \(|node_modules|127\.0\.0\.1|hapi|offline/i)
})

test('emoji arrive as they were sent', async () => {
  const body = {
    timezone: 'UTC',
    dayStart: '06:00',
    currency: 'EUR',
    weekStart: 'sunday',
    name: '🎭 Palast',
  }
  const headers = { ...json, 'if-match': '*' }
  const answer = await send(settings, { method: 'PUT', body: JSON.stringify(body), headers })
  expect(JSON.parse(answer.text).name).toBe('🎭 Palast')
})

test('a body in pieces is one body', async () => {
  const answer = await new Promise<number>((resolve, reject) => {
    const headers = { authorization: bearer, ...json, 'transfer-encoding': 'chunked' }
    const asked = { port: gateway.port, path: record, method: 'POST', headers }
    const request = http.request(asked, (response) => resolve(response.resume().statusCode ?? 0))
    request.on('error', reject)
    for (const letter of value) request.write(letter)
    request.end()
  })
  expect(answer).toBe(202)
})

test('a cookie that is none of ours changes nothing', async () => {
  expect((await send('/health', { headers: { cookie: 'a="\\;=;;b' } })).status).toBe(200)
})

test('the same Idempotency-Key gives the same bytes', async () => {
  const key = { 'idempotency-key': unique('k') }
  const [first, again] = [await post(value, key), await post(value, key)]
  expect([first.status, again.status, again.text]).toEqual([202, 202, first.text])
  expect(again.headers['idempotent-replayed']).toBe('true')
  expect((await post(value.replace('7', '8'), key)).status).toBe(422)
})

test('one write too many is 429 with Retry-After, and nobody else’s', async () => {
  const own = unique('v')
  const authorization = `Bearer ${await gateway.tokenFor(own, 'manager', 'user-2')}`
  const write = () => post(value, { authorization }, `/v1/venues/${own}/metrics`)
  let answer = await write()
  expect(answer.headers['ratelimit-policy']).toBe('"writes";q=60;w=60')
  // The minute may end in between, once.
  for (let i = 0; i < 130 && answer.status === 202; i += 1) answer = await write()
  expect([answer.status, JSON.parse(answer.text).code]).toEqual([429, 'rate_limited'])
  const seconds = Number(answer.headers['retry-after'])
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect((await post(value)).status).toBe(202)
  expect((await send(`/v1/venues/${own}/settings`, { headers: { authorization } })).status).toBe(
    200,
  )
})
