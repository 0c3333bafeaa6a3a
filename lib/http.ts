import { createHash } from 'node:crypto'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import * as z from 'zod'
import { type Caller, callerOf, holds, type Role } from './access/grants.ts'
import { type Issue, Refusal, type RefusalCode, StoreUnavailable } from './errors.ts'
import { describeFault, log } from './log.ts'

/** Who may call a route: anybody, any good token, a role in the path's venue, or a scope. */
export type Access = 'public' | 'token' | 'ops' | Role

type Shape = z.ZodType
type Parsed<S extends Shape | undefined> = S extends Shape ? z.output<S> : undefined

export type Request<Q extends Shape | undefined, B extends Shape | undefined> = {
  /** The venue of the path; '' on routes without one. */
  venueId: string
  caller: Caller
  params: Record<string, string>
  query: Parsed<Q>
  body: Parsed<B>
  ifMatch: string | undefined
  raw: APIGatewayProxyEventV2
  now: Date
}

/** A handler's answer with more than a body. */
export class Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Record<string, string>
  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

export type Route = {
  access: Access
  summary: string
  query: Shape | undefined
  body: Shape | undefined
  response: Shape
  status: number
  answer(request: Request<undefined, undefined>): Promise<unknown>
}

/** Declares a route: what it accepts, who may call it, what it answers. */
export function route<
  Q extends z.ZodObject | undefined = undefined,
  B extends Shape | undefined = undefined,
>(
  told: { access: Access; summary: string; query?: Q; body?: B; response: Shape; status?: number },
  answer: (request: Request<Q, B>) => Promise<unknown>,
): Route {
  return {
    access: told.access,
    summary: told.summary,
    query: told.query,
    body: told.body,
    response: told.response,
    status: told.status ?? 200,
    answer: answer as unknown as Route['answer'],
  }
}

/** An HTTP function: a table of routes under the gateway's own route keys. */
export function http<T extends Record<string, Route>>(routes: T) {
  const handle = async (event: APIGatewayProxyEventV2, context: Context) => {
    const startedAt = Date.now()
    let result: APIGatewayProxyStructuredResultV2
    let fault = {}
    try {
      result = finish(event, await dispatch(routes, event), context.awsRequestId)
    } catch (error) {
      if (!(error instanceof Refusal)) fault = describeFault(error)
      result = problem(error, context.awsRequestId)
    }
    const status = result.statusCode ?? 500
    log(status >= 500 ? 'error' : 'info', 'request', {
      function: context.functionName,
      requestId: context.awsRequestId,
      route: event.routeKey,
      venue: event.pathParameters?.venueId,
      status,
      durationMs: Date.now() - startedAt,
      ...fault,
    })
    return result
  }
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(handle)
  return Object.assign(handler, { routes })
}

async function dispatch(routes: Record<string, Route>, event: APIGatewayProxyEventV2) {
  const found = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined
  if (!found) throw new Refusal('not_found', 'There is nothing at this address')
  const params = event.pathParameters as Record<string, string> | undefined
  const venueId = params?.venueId ?? ''
  const caller = permit(found.access, venueId, event)
  const request = {
    venueId,
    caller,
    params: params ?? {},
    query: found.query && parse(found.query, event.queryStringParameters ?? {}, 'query'),
    body: found.body && parse(found.body, jsonBody(event), 'body'),
    ifMatch: header(event, 'if-match'),
    raw: event,
    now: new Date(),
  } as unknown as Request<undefined, undefined>
  if (!found.query && Object.keys(event.queryStringParameters ?? {}).length > 0) {
    parse(z.strictObject({}), event.queryStringParameters, 'query')
  }
  const answer = await found.answer(request)
  return answer instanceof Answer ? answer : new Answer(found.status, answer)
}

const nobody: Caller = { userId: '', venues: {}, ingestVenue: null, isOps: false }

function permit(access: Access, venueId: string, event: APIGatewayProxyEventV2): Caller {
  if (access === 'public') return nobody
  const context = (event.requestContext as { authorizer?: { lambda?: Record<string, unknown> } })
    .authorizer?.lambda
  if (context?.unavailable) throw new Unavailable('The keys of the tokens')
  const caller = callerOf(context)
  if (!caller) throw new Refusal('unauthorized', 'A good token is needed: Authorization: Bearer …')
  if (access === 'token') return caller
  if (access === 'ops') {
    if (!caller.isOps) throw new Refusal('forbidden', 'This needs a token of operations')
    return caller
  }
  const isHeld = holds(caller, venueId, access)
  // Whether a venue exists is nobody's business who has no part in it.
  if (isHeld === undefined) throw new Refusal('not_found', 'There is no such venue')
  if (!isHeld) throw new Refusal('forbidden', `This needs the role ${access} in the venue`)
  return caller
}

/** Parses input with its schema; throws the refusal that names each wrong field. */
export function parse<S extends Shape>(schema: S, value: unknown, where: string): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.flatMap(issuesOf)
  const [first] = issues
  throw new Refusal('bad_request', `The ${where} is not right: ${first?.message ?? ''}`, issues)
}

function issuesOf(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key].join('.'),
      code: 'unknown_field',
      message: `${key} is not a field here`,
    }))
  }
  return [{ path, code: issue.code, message: path ? `${path}: ${issue.message}` : issue.message }]
}

const maxBodyBytes = 1_048_576

/** The body's bytes as the client sent them; refuses what is larger than a megabyte. */
export function bodyBytes(event: APIGatewayProxyEventV2): Buffer {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > maxBodyBytes) throw new Refusal('too_large', 'The body is larger than 1 MB')
  return bytes
}

function jsonBody(event: APIGatewayProxyEventV2): unknown {
  const type = header(event, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type && type !== 'application/json') {
    throw new Refusal('unsupported_media_type', 'The body must be application/json')
  }
  try {
    return JSON.parse(bodyBytes(event).toString('utf8'))
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal('bad_request', 'The body is not JSON')
  }
}

/** A header of the request; names in any case. */
export function header(event: APIGatewayProxyEventV2, name: string): string | undefined {
  return event.headers?.[name] ?? event.headers?.[name.toLowerCase()]
}

const common = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
}

function finish(event: APIGatewayProxyEventV2, answer: Answer, requestId: string) {
  const method = event.requestContext.http.method
  const headers: Record<string, string> = {
    ...common,
    'content-type': 'application/json',
    'x-request-id': requestId,
    ...answer.headers,
  }
  if (method === 'GET' && answer.status === 200) {
    headers.etag ??= etagOf(answer.body)
    headers['cache-control'] = 'private, no-cache'
    const asked = header(event, 'if-none-match')
    if (asked && matches(asked, headers.etag)) return { statusCode: 304, headers }
  }
  return { statusCode: answer.status, headers, body: JSON.stringify(answer.body) }
}

/** The tag of a representation: equal while the answer is, whenever it was asked for. */
export function etagOf(body: unknown): string {
  const text = JSON.stringify(body, (key, value) =>
    key === 'asOf' || key === 'requestId' ? undefined : value,
  )
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}

/** Whether a list of tags in a condition names this one; weak and strong alike. */
export function matches(condition: string, etag: string): boolean {
  const tags = condition.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}

class Unavailable extends Error {}

const statusOf: Record<RefusalCode, number> = {
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
}

const titleOf = (code: string): string => {
  const words = code.replaceAll('_', ' ')
  return words[0]?.toUpperCase() + words.slice(1)
}

function problem(error: unknown, requestId: string): APIGatewayProxyStructuredResultV2 {
  const told = describe(error)
  const body = {
    type: `urn:turnout:problem:${told.code}`,
    title: titleOf(told.code),
    ...told,
    requestId,
  }
  const headers: Record<string, string> = {
    ...common,
    'content-type': 'application/problem+json',
    'x-request-id': requestId,
  }
  if (told.status === 401) headers['www-authenticate'] = 'Bearer'
  if (told.status === 503) headers['retry-after'] = '5'
  return { statusCode: told.status, headers, body: JSON.stringify(body) }
}

function describe(error: unknown) {
  if (error instanceof Refusal) {
    const { code, message: detail, issues } = error
    return { status: statusOf[code], code, detail, ...(issues && { issues }) }
  }
  if (error instanceof StoreUnavailable) {
    return { status: 503, code: 'unavailable', detail: `${error.store} does not answer right now` }
  }
  if (error instanceof Unavailable) {
    return { status: 503, code: 'unavailable', detail: `${error.message} cannot be read right now` }
  }
  return { status: 500, code: 'internal', detail: 'Something went wrong on our side' }
}
