import { gzipSync } from 'node:zlib'
import { unique } from '../support/events.ts'
import { type Asked, type HttpHandler, httpFunctions, request } from '../support/http.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores } from '../support/service.ts'

const venue = unique('v')
const caller: Asked['caller'] = { venues: { [venue]: 'owner' } }
let rows: { key: string; handler: HttpHandler; readsItself: boolean }[]

beforeAll(async () => {
  await ownQueue()
  rows = (await httpFunctions()).flatMap(({ handler }) =>
    Object.entries(handler.routes)
      .filter(([, { body, notes }]) => body || notes.reads)
      .map(([key, { notes }]) => ({ key, handler, readsItself: notes.reads !== undefined })),
  )
})
afterAll(closeStores)

type Sent = { body: unknown; headers?: Record<string, string> }

/** Sends it to every route that takes a body, and returns how each answered. */
async function statuses({ body, headers }: Sent, some = rows) {
  expect(some.length).toBeGreaterThan(3)
  const answers = await Promise.all(
    some.map(async ({ key, handler }) => {
      const asked = { caller, params: { venueId: venue }, body }
      return request(handler, key, { ...asked, headers: { 'if-match': '*', ...headers } })
    }),
  )
  return [...new Set(answers.map(({ status }) => status))]
}

const gzip = { 'content-encoding': 'gzip' }
const kind = (type: string) => ({ 'content-type': type })

const refused: [what: string, status: number, sent: Sent][] = [
  ['empty', 400, { body: '' }],
  ['no body at all', 400, { body: undefined }],
  ['packed nothing', 400, { body: gzipSync(''), headers: gzip }],
  ['no JSON', 400, { body: '{"a":' }],
  ['behind a byte order mark', 400, { body: '\ufeff[]' }],
  ['bytes behind a byte order mark', 400, { body: Buffer.from('\ufeff{}') }],
  ['UTF-16', 400, { body: Buffer.from('\ufeff{}', 'utf16le') }],
  ['UTF-16 without a mark', 400, { body: Buffer.from('{}', 'utf16le') }],
  ['not UTF-8', 400, { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }],
  ['an overlong form of UTF-8', 400, { body: Buffer.from([0x22, 0xc0, 0xaf, 0x22]) }],
  ['a megabyte and one byte', 413, { body: Buffer.alloc(1_048_577, 0x20) }],
  ['ten megabytes', 413, { body: 'x'.repeat(10_000_000) }],
  ['ten megabytes of bytes', 413, { body: Buffer.alloc(10_000_000, 0x20) }],
  ['too large once unpacked', 413, { body: gzipSync(Buffer.alloc(1_048_577, 32)), headers: gzip }],
  ['not gzip', 400, { body: Buffer.from('{}'), headers: gzip }],
  ['gzip cut short', 400, { body: gzipSync('{"a":1}').subarray(0, 15), headers: gzip }],
  ['packed with br', 415, { body: Buffer.from('x'), headers: { 'content-encoding': 'br' } }],
  ['packed twice', 415, { body: '{}', headers: { 'content-encoding': 'gzip, gzip' } }],
  ['packed somehow', 415, { body: '{}', headers: { 'content-encoding': 'x' } }],
  ['text', 415, { body: '{}', headers: kind('text/plain') }],
  ['a form', 415, { body: 'a=1', headers: kind('application/x-www-form-urlencoded') }],
  ['JSON of another kind', 415, { body: '{}', headers: kind('application/json-patch+json') }],
]

test.each(refused)('a body that is %s is refused everywhere: %i', async (_what, status, sent) => {
  expect(await statuses(sent)).toEqual([status])
})

const keys = (count: number) => Array.from({ length: count }, (_, i) => `"k${i}":${i}`)

const poisons: [what: string, body: string][] = [
  ['a depth of 100,000', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['objects in a depth of 100,000', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['a hundred thousand keys', `{${keys(70_000)}}`],
  ['a string of a million characters', JSON.stringify({ name: 'x'.repeat(1_000_000) })],
  ['keys that hash alike', `{${Array.from({ length: 20_000 }, (_, i) => `"${i * 65_536}":0`)}}`],
  ['a key twice', '{"name":"a","name":"b"}'],
  ['a key twice, written otherwise', '{"name":"a","n\\u0061me":"b"}'],
  ['half of a surrogate pair', '{"name":"\\ud800"}'],
  ['a NUL', '{"name":"\\u0000"}'],
  ['__proto__', '{"__proto__":{"polluted":true}}'],
  ['constructor', '{"constructor":{"prototype":{"polluted":true}}}'],
  ['a number that is none', '{"value":1e999}'],
]

test.each(poisons)('%s is refused with 400 and leaves nothing behind', async (_what, body) => {
  const ours = rows.filter(({ readsItself }) => !readsItself)
  expect(await statuses({ body }, ours)).toEqual([400])
  expect(await statuses({ body: gzipSync(body), headers: gzip }, ours)).toEqual([400])
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test.each(['__proto__', 'constructor', 'a[$ne]'])('%s in a query is refused', async (name) => {
  const query = Object.fromEntries([[name, 'x']])
  for (const { handler } of await httpFunctions()) {
    for (const [key, { access }] of Object.entries(handler.routes)) {
      const who = access === 'ops' ? { isOps: true } : caller
      const asked = { caller: who, params: { venueId: venue }, query }
      expect([key, (await request(handler, key, asked)).status]).toEqual([key, 400])
    }
  }
})

test('a key that is there twice is named, with the way to it', async () => {
  const { handler = undefined } = rows.find(({ key }) => key.endsWith('/bulk')) ?? {}
  const body = '[{"name":"a","value":1},{"name":"a","value":1,"value":2}]'
  const asked = { caller, params: { venueId: venue }, body }
  const answer = await request(
    handler as HttpHandler,
    'POST /v1/venues/{venueId}/metrics/bulk',
    asked,
  )
  expect([answer.status, answer.body.issues]).toEqual([
    400,
    [{ path: '1.value', code: 'invalid', message: 'value is there twice' }],
  ])
})

// Time of the processor, which other work on the machine does not lengthen.
test('a gigabyte in a megabyte is refused in half a second and 50 MB, everywhere', async () => {
  // gzip of zeros packs 1,000 to one: a megabyte that would be a gigabyte
  const bomb = gzipSync(Buffer.alloc(1_000_000_000), { level: 9 })
  expect(bomb.length).toBeLessThan(1_048_576)
  global.gc?.()
  for (const row of rows) {
    const [startedAt, before] = [process.cpuUsage(), process.memoryUsage().rss]
    const asked = { caller, params: { venueId: venue }, body: bomb }
    const headers = { ...gzip, 'if-match': '*' }
    const { status } = await request(row.handler, row.key, { ...asked, headers })
    expect([row.key, status]).toEqual([row.key, 413])
    const { user, system } = process.cpuUsage(startedAt)
    expect((user + system) / 1000).toBeLessThan(500)
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
  }
})

test('a body without a type is JSON where nothing else is taken', async () => {
  const one = rows.find(({ key }) => key === 'POST /v1/venues/{venueId}/metrics')
  const body = { name: 'queue_length', value: 7 }
  const asked = { caller, params: { venueId: venue }, headers: { 'content-type': '' } }
  const packed = { headers: { ...asked.headers, ...gzip }, body: gzipSync(JSON.stringify(body)) }
  for (const more of [{ body }, packed]) {
    const { status } = await request(one?.handler as HttpHandler, one?.key ?? '', {
      ...asked,
      ...more,
    })
    expect(status).toBe(202)
  }
})
