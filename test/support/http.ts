import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import * as z from 'zod'
import type { Caller } from '../../lib/access/grants.ts'
import type { Route } from '../../lib/http.ts'
import { expectDocumented } from './openapi.ts'
import { fileOf, lambdas } from './serverless.ts'

export type HttpHandler = ((event: never, context: Context) => unknown) & {
  routes: Record<string, Route>
}

export type Asked = {
  /** Null for no token; text for what an authorizer would never say. */
  caller?: Partial<Caller> | null | string
  /** What else the authorizer says. */
  context?: Record<string, string>
  params?: Record<string, string>
  query?: Record<string, string>
  /** The query as it was sent, where it is not that of `query`. */
  search?: string
  /** An object as JSON, text as it is, bytes as the gateway passes them. */
  body?: unknown
  headers?: Record<string, string>
  /** Another than that of the route key, as HEAD and OPTIONS come. */
  method?: string
  /** The address, where it is not the template of the route key. */
  path?: string
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies whose form is checked here
export type Answered = { status: number; headers: Record<string, string>; body: any; text: string }

const requestId = 'request-of-the-test'
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const issue = z.strictObject({ path: z.string(), code: z.string(), message: z.string() })
const Problem = z.strictObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  code: z.string(),
  detail: z.string().min(1),
  requestId: z.literal(requestId),
  issues: z.array(issue).optional(),
})

const codes: Record<string, number> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  precondition_required: 428,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
}

/** What no answer may tell: stacks, files, SQL, drivers, addresses of the stores. */
const leak =
  /\bat (async )?[\w.<>]+ \(|node_modules|\.(ts|mjs|js)\b:?\d|\/work\/|\b(select|insert into|delete from)\s+\w+|relation "|column "|PostgresError|ECONN|ENOTFOUND|SQLSTATE|127\.0\.0\.1|localhost|amazonaws|turnout_(app|owner|job)|mongodb:|zod/i

/** Every HTTP function of serverless.yml with its table of routes. */
export async function httpFunctions(): Promise<{ name: string; handler: HttpHandler }[]> {
  const found = lambdas.filter(([, { events }]) => events?.some(({ httpApi }) => httpApi))
  return Promise.all(
    found.map(async ([name, lambda]) => {
      const { handler } = (await import(path.resolve(fileOf(lambda)))) as { handler: HttpHandler }
      return { name, handler }
    }),
  )
}

/** Calls a route as the gateway does, and holds every answer to the contract (§3) and the document. */
export async function request(handler: HttpHandler, routeKey: string, asked: Asked = {}) {
  const context = {
    functionName: 'test',
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => 30_000,
  } as Context
  const answer = (await handler(
    eventOf(routeKey, asked) as never,
    context,
  )) as APIGatewayProxyStructuredResultV2
  const answered = answeredBy(answer)
  const route = handler.routes[routeKey.replace(/^HEAD /, 'GET ')]
  const hasBody = asked.method === undefined && !routeKey.startsWith('HEAD ')
  check(answered, route, routeKey, hasBody)
  if (hasBody) expectDocumented(routeKey, answered)
  return answered
}

/** An answer of a function as tests look at it: JSON parsed, text as it is. */
export function answeredBy(answer: APIGatewayProxyStructuredResultV2): Answered {
  const headers = (answer.headers ?? {}) as Record<string, string>
  const bytes = Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8')
  const isPacked = headers['content-encoding'] === 'gzip' && bytes.length > 0
  const text = (isPacked ? gunzipSync(bytes) : bytes).toString()
  const isJson = /json/.test(headers['content-type'] ?? '')
  const body = text && isJson ? JSON.parse(text) : text || undefined
  return { status: answer.statusCode ?? 0, headers, body, text }
}

function eventOf(routeKey: string, asked: Asked) {
  const [first = 'GET', template = '/'] = routeKey.split(' ')
  const { method = first, path: rawPath = template } = asked
  const expiresAt = Date.now() + 3_600_000
  const nobody = { userId: 'u-1', venues: {}, ingestVenue: null, isOps: false, expiresAt }
  const caller = typeof asked.caller === 'object' ? { ...nobody, ...asked.caller } : nobody
  const told = typeof asked.caller === 'string' ? asked.caller : JSON.stringify(caller)
  const lambda = { caller: asked.caller === null ? '' : told, ...asked.context }
  const { body } = asked
  const isBytes = Buffer.isBuffer(body)
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: asked.search ?? new URLSearchParams(asked.query).toString(),
    headers: { 'content-type': 'application/json', traceparent, ...asked.headers },
    queryStringParameters: asked.query,
    pathParameters: asked.params,
    requestContext: { requestId, http: { method, path: rawPath }, authorizer: { lambda } },
    body: isBytes ? body.toString('base64') : text,
    isBase64Encoded: isBytes,
  }
}

/** What every answer says to browsers and caches. */
const everywhere = {
  'x-request-id': requestId,
  'x-trace-id': expect.stringMatching(/^[0-9a-f]{32}$/),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
  'cache-control': expect.stringMatching(/^(no-store|private, no-cache)$/),
}

function check(answered: Answered, route: Route | undefined, key: string, hasBody = true) {
  const { status, headers, body, text } = answered
  expect(headers).toMatchObject(everywhere)
  expect(Object.keys(headers).filter((name) => name !== name.toLowerCase())).toEqual([])
  if (status === 304 || status === 204) return expect(text).toBe('')
  if (!hasBody && text === '') return
  if (status < 400 || (status === 503 && key === 'GET /ready')) return checkForm(body, route)
  expect(headers['content-type']).toBe('application/problem+json')
  expect(headers['cache-control']).toBe('no-store')
  const problem = Problem.parse(body)
  expect(problem.status).toBe(status)
  expect([problem.code, codes[problem.code]]).toEqual([problem.code, status])
  expect(text).not.toMatch(leak)
  if (status === 401) expect(headers['www-authenticate']).toBe('Bearer')
}

// The schema is the contract: a field that it does not name must not travel either.
function checkForm(body: unknown, route: Route | undefined) {
  const parsed = route?.response.safeParse(body)
  expect(parsed?.error?.issues ?? []).toEqual([])
  expect(body).toEqual(parsed?.data)
}
