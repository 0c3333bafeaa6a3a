import { existsSync } from 'node:fs'
import path from 'node:path'
import type * as z from 'zod'
import type { Route } from '../../lib/http.ts'
import { fileOf, type HttpEvent, type Lambda, lambdas, serverless } from '../support/serverless.ts'
import { readSources } from '../support/source.ts'

type HttpHandler = { handler: { routes: Record<string, Route> } }

const httpEventsOf = (lambda: Lambda): HttpEvent[] =>
  (lambda.events ?? []).flatMap(({ httpApi }) => httpApi ?? [])

const httpFunctions = lambdas.filter(([, lambda]) => httpEventsOf(lambda).length > 0)

const routesOf = async (lambda: Lambda) =>
  ((await import(path.resolve(fileOf(lambda)))) as HttpHandler).handler.routes

const keyOf = (event: HttpEvent): string =>
  event === '*' ? '*' : `${event.method.toUpperCase()} ${event.path}`

test('every function’s file exists, and every file of functions/ is a function', () => {
  const files = lambdas.map(([, lambda]) => fileOf(lambda))
  expect(files.filter((file) => !existsSync(file))).toEqual([])
  const orphans = readSources('functions')
    .map(({ file }) => file)
    .filter((file) => !files.includes(file))
  expect(orphans.map((file) => `${file}: name it in serverless.yml, or delete it`)).toEqual([])
  expect(new Set(files).size).toBe(files.length)
})

test.each(httpFunctions)('the routes of %s are those of its table', async (_name, lambda) => {
  const listed = httpEventsOf(lambda).map(keyOf)
  const told = Object.keys(await routesOf(lambda))
  // the gateway's $default route is a function without a table
  expect(listed.filter((key) => key !== '*').sort()).toEqual(told.sort())
})

test('no route is told twice', () => {
  const keys = httpFunctions.flatMap(([, lambda]) => httpEventsOf(lambda).map(keyOf))
  expect(keys.length).toBe(new Set(keys).size)
  expect(keys.length).toBeGreaterThan(8)
})

test.each(httpFunctions)(
  '%s asks who is calling exactly where a route is not public',
  async (_name, lambda) => {
    const routes = await routesOf(lambda)
    const findings = httpEventsOf(lambda).flatMap((event) => {
      if (event === '*') return []
      const key = keyOf(event)
      const isPublic = routes[key]?.access === 'public'
      const authorizer = event.authorizer?.name
      if (isPublic && authorizer) return [`${key} is public: take the authorizer away`]
      if (!isPublic && authorizer !== 'caller') return [`${key} needs authorizer: { name: caller }`]
      return []
    })
    expect(findings).toEqual([])
  },
)

test('a route below a venue is never public, and no other asks for a role', async () => {
  const tables = await Promise.all(httpFunctions.map(([, lambda]) => routesOf(lambda)))
  const findings = tables.flatMap(Object.entries).flatMap(([key, { access }]) => {
    const needsRole = !['public', 'token', 'ops'].includes(access)
    const isOfVenue = key.includes('/venues/{venueId}')
    return needsRole === isOfVenue ? [] : [`${key} has access ${access}`]
  })
  expect(findings).toEqual([])
})

test('every route refuses unknown fields in what it reads', async () => {
  const tables = await Promise.all(httpFunctions.map(([, lambda]) => routesOf(lambda)))
  const findings = tables.flatMap(Object.entries).flatMap(([key, { query, body }]) =>
    [query, body].flatMap((schema) => {
      const stray = { strayField: '1' }
      // Of a list it is the items that take fields, of a choice what its kind is of.
      const isNamed = [stray, [stray], { ...stray, kind: 'email' }].some((value) =>
        schema
          ?.safeParse(value)
          .error?.issues.some(
            (issue: z.core.$ZodIssue) =>
              issue.code === 'unrecognized_keys' && issue.keys.includes('strayField'),
          ),
      )
      return !schema || isNamed ? [] : [`${key}: use z.strictObject`]
    }),
  )
  expect(findings).toEqual([])
})

test('what is deployed has a HEAD beside each GET, which asks who is calling as GET does', async () => {
  const { default: GatewayRoutes } = await import(path.resolve('local/gateway-routes.mjs'))
  const functions = structuredClone(serverless.functions)
  const custom: { esbuild: { define?: Record<string, string> } } = { esbuild: {} }
  new GatewayRoutes({ service: { functions, custom } })
  const told = (lambda: Lambda, method: string) =>
    httpEventsOf(lambda).flatMap((event) =>
      event !== '*' && event.method === method ? [{ ...event, method: '' }] : [],
    )
  for (const [name, lambda] of Object.entries(functions)) {
    expect([name, told(lambda, 'HEAD')]).toEqual([name, told(lambda, 'GET')])
  }
  const keys = Object.values(functions).flatMap((lambda) => httpEventsOf(lambda).map(keyOf))
  const known: string[] = JSON.parse(custom.esbuild.define?.gatewayRoutes ?? '[]')
  expect(known.sort()).toEqual(keys.filter((key) => key !== '*').sort())
})

test('the names of path parameters are the same everywhere', () => {
  const names = httpFunctions.flatMap(([, lambda]) =>
    httpEventsOf(lambda).flatMap((event) => keyOf(event).match(/\{\w+\}/g) ?? []),
  )
  expect(names.filter((name) => !/^\{[a-z]+[A-Za-z]*\}$/.test(name))).toEqual([])
  expect(names.filter((name) => /venue/i.test(name) && name !== '{venueId}')).toEqual([])
})

test('a queue keeps a message hidden for six times its function’s timeout', () => {
  const findings = lambdas.flatMap(([name, lambda]) =>
    (lambda.events ?? []).flatMap(({ sqs }) => {
      if (!sqs) return []
      const queue = (sqs.arn as { GetAtt?: string }).GetAtt?.split('.')[0] ?? ''
      const visible = Number(serverless.resources.Resources[queue]?.Properties.VisibilityTimeout)
      const needed = 6 * (lambda.timeout ?? serverless.provider.timeout)
      if (sqs.functionResponseType !== 'ReportBatchItemFailures') {
        return [`${name}: without ReportBatchItemFailures one bad message returns all`]
      }
      return visible >= needed ? [] : [`${queue}: VisibilityTimeout must be at least ${needed}`]
    }),
  )
  expect(findings).toEqual([])
})

test('every queue has a dead-letter queue that keeps letters as long as it may', () => {
  const resources = Object.entries(serverless.resources.Resources)
  const queues = resources.filter(([, { Type }]) => Type === 'AWS::SQS::Queue')
  const targetOf = (properties: Record<string, unknown>) => {
    const policy = properties.RedrivePolicy as
      | { deadLetterTargetArn: { GetAtt: string }; maxReceiveCount: number }
      | undefined
    return policy?.deadLetterTargetArn.GetAtt.split('.')[0]
  }
  const deadLetters = new Set(queues.map(([, { Properties }]) => targetOf(Properties)))
  expect(queues.length).toBeGreaterThan(0)
  for (const [name, { Properties }] of queues) {
    const isDeadLetter = deadLetters.has(name)
    expect([name, isDeadLetter || targetOf(Properties) !== undefined]).toEqual([name, true])
    if (isDeadLetter) expect([name, Properties.MessageRetentionPeriod]).toEqual([name, 1_209_600])
  }
})
