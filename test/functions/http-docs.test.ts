import { existsSync } from 'node:fs'
import path from 'node:path'
import { handler } from '../../functions/http/docs.ts'
import { roles } from '../../lib/access/grants.ts'
import { registry } from '../../lib/events/registry.ts'
import { addTargetsOfExample } from '../support/alerts.ts'
import { unique } from '../support/events.ts'
import { type Asked, type HttpHandler, httpFunctions, request } from '../support/http.ts'
import { countArrived } from '../support/ingested.ts'
import { at, document, type Operation, operations } from '../support/openapi.ts'
import { ownQueue } from '../support/queue.ts'
import { serverless } from '../support/serverless.ts'
import { closeStores, deliver } from '../support/service.ts'

const handlers = new Map<string, HttpHandler>()
let queue: string

beforeAll(async () => {
  for (const { handler: each } of await httpFunctions()) {
    for (const key of Object.keys(each.routes)) handlers.set(key, each)
  }
  queue = await ownQueue()
})
afterAll(closeStores)

const page = () => request(handler, 'GET /docs', { caller: null })
const asset = (file: string) =>
  request(handler, 'GET /docs/{file}', { caller: null, params: { file } })

test('the page loads what this function serves, and nothing from anywhere else', async () => {
  const { text, headers } = await page()
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  const loaded = [...text.matchAll(/<(?:link|script)[^>]* (?:href|src)="([^"]+)"/g)]
  const files = loaded.map(([, address = '']) => address)
  expect(files.length).toBe(3)
  for (const file of files) {
    expect(file).toMatch(/^docs\/[\w.-]+$/)
    const answer = await asset(file.slice('docs/'.length))
    const type = file.endsWith('.css')
      ? 'text/css; charset=utf-8'
      : 'text/javascript; charset=utf-8'
    expect([file, answer.status, answer.headers['content-type']]).toEqual([file, 200, type])
    // The gateway carries an answer of a function as JSON of at most 6 MB.
    expect(JSON.stringify(answer.text).length).toBeLessThan(5_000_000)
  }
})

test('the files of the renderer are packed with the function', async () => {
  const packed = serverless.functions.docs?.package?.patterns ?? []
  expect(packed.filter((file) => !existsSync(file))).toEqual([])
  const names = packed.map((file) => path.basename(file))
  for (const name of names) expect([name, (await asset(name)).status]).toEqual([name, 200])
  const { text } = await page()
  const asked = [...text.matchAll(/"docs\/(swagger[^"]+)"/g)].map(([, name]) => name)
  expect(asked.filter((name = '') => !names.includes(name))).toEqual([])
})

test('the page’s policy allows neither code nor style in the page, nor another address', async () => {
  const { text, headers } = await page()
  const policy = headers['content-security-policy'] ?? ''
  expect(policy).toMatch(/default-src 'none'/)
  expect(policy).toMatch(/frame-ancestors 'none'/)
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(text).not.toMatch(/<style|style=|<script>|\son\w+=/)
})

test.each([
  'package.json',
  'swagger-ui-bundle.js.map',
  '../swagger-ui.css',
  '..%2fpackage.json',
  '/etc/passwd',
  'constructor',
  '__proto__',
  '',
])('there is no file %j', async (file) => {
  expect((await asset(file)).status).toBe(404)
})

test('the document is served as it is', async () => {
  const { status, body } = await request(handler, 'GET /v1/openapi.json', { caller: null })
  expect([status, body]).toEqual([200, document])
})

type Call = { key: string; asked: Asked }

/** A line of the guide for curl as a request. */
function callOf(line: string): Call {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c)
  const after = (flag: string) => words.flatMap((word, i) => (word === flag ? words[i + 1] : []))
  const address = words.find((word) => word?.startsWith('$API')) ?? ''
  const url = new URL(address.replace('$API', 'http://turnout.test'))
  const [method = 'GET'] = after('-X')
  const found = [...operations.keys()].flatMap((key) => {
    const pattern = `^${method} ${(key.split(' ')[1] ?? '').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`
    const match =
      key.startsWith(`${method} `) && new RegExp(pattern).exec(`${method} ${url.pathname}`)
    return match ? [{ key, params: { ...match.groups } }] : []
  })
  const { key = '', params = {} } = found[0] ?? {}
  const headers = Object.fromEntries(
    after('-H').map((header = '') => header.toLowerCase().split(/: /) as [string, string]),
  )
  const [body] = after('-d')
  return { key, asked: { params, headers, query: Object.fromEntries(url.searchParams), body } }
}

test('who does what the guide says sends an event and reads the number back', async () => {
  const { description } = (document as unknown as { info: { description: string } }).info
  const blocks = [...description.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block)
  const lines = blocks
    .join('')
    .replaceAll('\\\n', ' ')
    .split(/^(?=curl|\w+=)/m)
  const [, role = ''] = /--venue v-palace --role (\w+)/.exec(lines.join('')) ?? []
  const caller = (venue: string): Asked => ({ caller: { venues: { [venue]: role as 'manager' } } })
  const calls = lines.filter((line) => line.startsWith('curl')).map(callOf)
  expect(calls.map(({ key }) => key)).toEqual([
    'POST /v1/ingest/events',
    'GET /v1/venues/{venueId}/metrics/{metric}',
  ])
  const [send, read] = calls as [Call, Call]
  const venue = unique('v')
  const body = String(send.asked.body).replace('v-palace', venue)
  const params = { ...read.asked.params, venueId: venue }
  // Twice, as the guide suggests.
  for (const _ of [1, 2]) {
    const sent = await request(handlers.get(send.key) as HttpHandler, send.key, {
      ...send.asked,
      ...caller(venue),
      body,
    })
    expect(description).toContain(sent.text)
    await countArrived(queue)
    const answer = await request(handlers.get(read.key) as HttpHandler, read.key, {
      ...read.asked,
      ...caller(venue),
      params,
    })
    expect(description).toContain(`"total":${answer.body.total}`)
    expect([answer.body.total, answer.body.currency]).toEqual([9100, 'USD'])
  }
})

type Parameter = { $ref?: string; name: string; in: string; required?: boolean; example?: string }

const parametersOf = ({ parameters = [] }: Operation) =>
  parameters.map((one) => (one.$ref ? at<Parameter>(one.$ref) : (one as Parameter)))
const pathOf = (operation: Operation) => parametersOf(operation).filter((one) => one.in === 'path')

/** The request that the document shows for an operation, with every example in it. */
function exampleOf(operation: Operation): Asked {
  const { requestBody } = operation
  const told = parametersOf(operation)
  const given = (place: string) =>
    Object.fromEntries(
      told
        .filter((one) => one.in === place && one.example !== undefined)
        .map(({ name, example }) => [name, String(example)]),
    )
  const schema = requestBody?.content['application/json']?.schema as { $ref?: string } | undefined
  const { examples } = (schema?.$ref ? at(schema.$ref) : (schema ?? {})) as { examples?: unknown[] }
  return {
    params: given('path'),
    query: given('query'),
    headers: given('header'),
    ...(examples && { body: examples[0] }),
  }
}

test('the request that the document shows for an operation is answered well', async () => {
  const venue = unique('v')
  const own = (value: unknown) =>
    JSON.parse(JSON.stringify(value ?? null).replaceAll('v-palace', venue)) ?? undefined
  for (const type of ['event.updated', 'order.paid', 'metric.recorded'] as const) {
    await deliver(own(registry.get(type)?.example))
  }
  await addTargetsOfExample(venue)
  for (const [key, { operation }] of operations) {
    // The id of something that is there is known only while the system runs.
    if (pathOf(operation).some(({ example }) => example === undefined)) continue
    const role = operation['x-role']
    const asked = own(exampleOf(operation))
    const caller = roles.includes(role as 'viewer') ? role : 'manager'
    const answer = await request(handlers.get(key) as HttpHandler, key, {
      ...asked,
      caller: { venues: { [venue]: caller as 'viewer' }, isOps: role === 'ops' },
      headers: { 'content-type': 'application/json', ...asked.headers },
    })
    const expected = Object.keys(operation.responses).find((status) => status.startsWith('2'))
    expect([key, String(answer.status)]).toEqual([key, expected])
  }
})
