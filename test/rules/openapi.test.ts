import { readFileSync, writeFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import * as z from 'zod'
import { eventTypes, registry } from '../../lib/events/registry.ts'
import { route } from '../../lib/http.ts'
import { writeDocument } from '../../lib/openapi/document.ts'
import { httpFunctions } from '../support/http.ts'
import {
  at,
  document,
  expectDocumented,
  faultsOf,
  operations,
  pointerTo,
} from '../support/openapi.ts'
import { lambdas } from '../support/serverless.ts'

type Part = Record<string, unknown>

const file = 'lib/openapi/document.json'
const all = [...operations].map(([key, { operation }]) => ({ key, ...operation }))
const tables = async () => (await httpFunctions()).map(({ handler }) => handler.routes)

test('the document is what the routes say', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const written = writeDocument(Object.assign({}, ...(await tables())), version)
  const text = `${JSON.stringify(written, null, 1)}\n`
  if (process.env.UPDATE_OPENAPI) writeFileSync(file, text)
  const isSame = readFileSync(file, 'utf8') === text
  const how = 'UPDATE_OPENAPI=1 npm test -- test/rules/openapi.test.ts writes it anew'
  expect(isSame ? '' : `${file} is stale: ${how}`).toBe('')
})

test('routes, serverless.yml and document are one set', async () => {
  const listed = lambdas.flatMap(([, { events = [] }]) =>
    events.flatMap(({ httpApi }) =>
      httpApi && httpApi !== '*' ? [`${httpApi.method} ${httpApi.path}`] : [],
    ),
  )
  expect([...operations.keys()].sort()).toEqual(listed.sort())
  expect((await tables()).flatMap(Object.keys).sort()).toEqual(listed)
})

test('the document is OpenAPI 3.1, and a validator that is kept says so', async () => {
  const copy = () => structuredClone(document) as unknown as Part
  expect(await new Validator().validate(copy())).toEqual({ valid: true })
  const wrong = [
    { ...copy(), info: { title: 'Turnout' } },
    { ...copy(), paths: { '/health': { get: { responses: { 200: { content: {} } } } } } },
    { ...copy(), security: 'none' },
  ]
  for (const one of wrong) {
    expect(await new Validator().validate(one)).toMatchObject({ valid: false })
  }
})

test('every reference leads somewhere, and every component is referred to', () => {
  const refs = new Set(
    [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, r]) => r),
  )
  expect([...refs].filter((ref) => at(ref ?? '') === undefined)).toEqual([])
  const named = Object.entries(document.components)
    // the refusals are told even where no route gives them yet
    .filter(([kind]) => kind !== 'securitySchemes' && kind !== 'responses')
    .flatMap(([kind, parts]) => Object.keys(parts).map((name) => `#/components/${kind}/${name}`))
  expect(named.filter((ref) => !refs.has(ref))).toEqual([])
})

test('an operation has a name of its own, a tag, a role, and says who may call it', () => {
  const ids = all.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  const tags = document.tags.map(({ name }) => name)
  for (const one of all) {
    expect([one.key, one.operationId]).toEqual([one.key, expect.stringMatching(/^[a-z][A-Za-z]+$/)])
    expect([one.key, tags.includes(one.tags[0] ?? '')]).toEqual([one.key, true])
    const isPublic = one['x-role'] === 'public'
    expect([one.key, one.security]).toEqual([one.key, isPublic ? [] : [{ bearer: [] }]])
    expect([one.key, '401' in one.responses]).toEqual([one.key, !isPublic])
  }
})

test('every parameter of a path is told, and no parameter twice', () => {
  for (const { key, parameters = [] } of all) {
    const told = parameters.map((one) => (one.$ref ? at<Part>(one.$ref) : one))
    const names = told.map(({ name, in: where }) => `${where} ${name}`)
    expect([key, new Set(names).size]).toEqual([key, names.length])
    const inPath = [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`)
    expect([key, names.filter((name) => name.startsWith('path '))]).toEqual([key, inPath])
  }
})

test('every field that a route reads from its query is a parameter, and no other is', async () => {
  for (const [key, { query }] of (await tables()).flatMap(Object.entries)) {
    const { parameters = [] } = operations.get(key)?.operation ?? {}
    const told = parameters.filter((one) => one.in === 'query').map(({ name }) => name)
    expect([key, told]).toEqual([key, Object.keys((query as z.ZodObject | undefined)?.shape ?? {})])
  }
})

test('a route that nobody thought of is documented by its declaration alone', async () => {
  const answer = async () => ({})
  const document = writeDocument(
    {
      'DELETE /v1/ops/sea-lions/{lionId}': route(
        { access: 'ops', summary: 'Send one home', response: z.object({}) },
        answer,
      ),
      'PATCH /v1/venues/{venueId}/sea-lions/{lionId}': route(
        { access: 'owner', summary: 'Call one', body: z.strictObject({}), response: z.object({}) },
        answer,
      ),
    },
    '1.0.0',
  )
  expect(await new Validator().validate(structuredClone(document) as never)).toEqual({
    valid: true,
  })
  const [ops, venues] = Object.values(document.paths)
  expect(ops?.delete).toMatchObject({ operationId: 'deleteOpsSeaLionsByLionId', 'x-role': 'ops' })
  expect(venues?.patch).toMatchObject({ tags: ['Sea lions'], security: [{ bearer: [] }] })
  const statuses = Object.keys(venues?.patch?.responses ?? {})
  expect(statuses).toEqual(
    expect.arrayContaining(['200', '400', '401', '403', '404', '412', '413', '415', '428', '503']),
  )
})

/** Every schema with examples or beside an example, and the examples. */
function examplesBelow(part: unknown, place: string): [place: string, example: unknown][] {
  if (typeof part !== 'object' || part === null) return []
  const { schema, example, examples } = part as Part
  const beside: [string, unknown][] =
    schema && example !== undefined ? [[`${place}/schema`, example]] : []
  const within: [string, unknown][] = Array.isArray(examples)
    ? examples.map((one) => [place, one])
    : []
  const deeper = Object.entries(part)
    .filter(([name]) => name !== 'example' && name !== 'examples')
    .flatMap(([name, inner]) => examplesBelow(inner, place + pointerTo(name)))
  return [...beside, ...within, ...deeper]
}

test('every example is as its schema wants it', () => {
  const examples = examplesBelow(document, '')
  expect(examples.length).toBeGreaterThan(40)
  const findings = examples.flatMap(([place, example]) =>
    faultsOf(place, example).map((fault) => `${place}: ${fault}`),
  )
  expect(findings).toEqual([])
})

/** Whether a schema, or that of the items of its list, has an example. */
function hasExample(part: Part | undefined): boolean {
  if (!part) return false
  const schema = part.$ref ? at<Part>(String(part.$ref)) : part
  const { items } = (schema.properties ?? schema) as { items?: Part }
  return schema.examples !== undefined || hasExample(items)
}

const describeThemselves = ['GET /v1/openapi.json', 'GET /v1/schemas/{type}']

test('every body, and every answer with a body of JSON, has an example to show', () => {
  const findings = all.flatMap(({ key, requestBody, responses }) => {
    const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
    const contents = [requestBody?.content ?? {}, ...good.map(([, { content = {} }]) => content)]
    const media = contents.flatMap(Object.entries).filter(([type]) => !type.startsWith('text/'))
    const isShown = media.every(([, { schema }]) => hasExample(schema as Part))
    return isShown || describeThemselves.includes(key)
      ? []
      : [`${key}: give its schemas .meta({ examples: […] })`]
  })
  expect(findings).toEqual([])
})

test('every type of event is a component with its example', () => {
  for (const type of eventTypes) {
    const { examples, title } = at<Part>(`#/components/schemas/${type}`)
    expect([type, title, examples]).toEqual([
      type,
      registry.get(type)?.title,
      [registry.get(type)?.example],
    ])
  }
})

const good = {
  status: 200,
  headers: {
    'content-type': 'application/json',
    'x-request-id': 'r',
    'x-trace-id': 'a'.repeat(32),
    etag: '"x"',
  },
  body: { status: 'ok' } as unknown,
  text: '{"status":"ok"}',
}

test('an answer as the document has it passes, and any other is found', () => {
  const key = 'GET /health'
  expectDocumented(key, good)
  expectDocumented(key, { ...good, status: 304, body: undefined, text: '' })
  const { etag: _, ...untagged } = good.headers
  const problem = { ...good.headers, 'content-type': 'application/problem+json' }
  const others = [
    { ...good, status: 201 },
    { ...good, status: 503 },
    { ...good, status: 304 },
    { ...good, body: { status: 'fine' } },
    { ...good, body: { status: 'ok', extra: 1 } },
    { ...good, body: undefined },
    { ...good, headers: untagged },
    { ...good, headers: { ...good.headers, etag: 'x' } },
    { ...good, headers: { ...good.headers, 'content-type': 'text/plain' } },
    { ...good, status: 400, headers: problem },
  ]
  for (const other of others) expect(() => expectDocumented(key, other)).toThrow('faults')
  expect(() => expectDocumented('GET /nowhere', good)).toThrow('faults')
})
