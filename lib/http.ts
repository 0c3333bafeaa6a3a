import { createHash } from 'node:crypto'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import * as z from 'zod'
import { type Caller, callerOf, holds, type Role } from './access/grants.ts'
import { type Issue, Refusal } from './errors.ts'
import { defectOf } from './events/gate.ts'
import { headerOf } from './headers.ts'
import { describeFault, log } from './log.ts'
import type { Notes } from './openapi/notes.ts'
import { commonHeaders, KeysUnavailable, problem } from './problem.ts'
import { currentScope, inTrace, traceOfHeaders } from './trace.ts'

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
  /** For the document alone. */
  notes: Notes
  answer(request: Request<undefined, undefined>): Promise<unknown>
}

/** Declares a route: what it accepts, who may call it, what it answers. */
export function route<
  Q extends z.ZodObject | undefined = undefined,
  B extends Shape | undefined = undefined,
>(
  told: {
    access: Access
    summary: string
    query?: Q
    body?: B
    response: Shape
    status?: number
  } & Notes,
  answer: (request: Request<Q, B>) => Promise<unknown>,
): Route {
  return {
    access: told.access,
    summary: told.summary,
    query: told.query,
    body: told.body,
    response: told.response,
    status: told.status ?? 200,
    notes: told,
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
    const told = {
      route: event.routeKey,
      // A path that leads nowhere may name anything, a person too.
      venue: status === 401 || status === 404 ? undefined : event.pathParameters?.venueId,
      status,
      durationMs: Date.now() - startedAt,
      faults: status >= 500 ? 1 : 0,
      ...fault,
    }
    log(status >= 500 ? 'error' : 'info', 'request', told, ['durationMs', 'faults'])
    return {
      ...result,
      headers: { ...result.headers, 'x-trace-id': currentScope()?.traceId ?? '' },
    }
  }
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(
    (event, context) =>
      inTrace(traceOfHeaders(event.headers), context, () => handle(event, context)),
  )
  return Object.assign(handler, { routes })
}

async function dispatch(routes: Record<string, Route>, event: APIGatewayProxyEventV2) {
  const found = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined
  if (!found) throw new Refusal('not_found', 'There is nothing at this address')
  const params = event.pathParameters as Record<string, string> | undefined
  const venueId = params?.venueId ?? ''
  const caller = permit(found.access, venueId, event)
  // A name that no store can hold is the name of nothing.
  if (defectOf(params)) throw new Refusal('not_found', 'There is nothing at this address')
  const request = {
    venueId,
    caller,
    params: params ?? {},
    query: found.query && parse(found.query, event.queryStringParameters ?? {}, 'query'),
    body: found.body && parse(found.body, jsonBody(event), 'body'),
    ifMatch: headerOf(event.headers, 'if-match'),
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
  if (context?.unavailable) throw new KeysUnavailable()
  const caller = callerOf(context)
  if (!caller) throw new Refusal('unauthorized', 'A good token is needed: Authorization: Bearer …')
  if (access === 'token') return caller
  if (access === 'ops') {
    if (!caller.isOps) throw new Refusal('forbidden', 'This needs a token of operations')
    return caller
  }
  const isHeld = holds(caller, venueId, access)
  if (caller.ingestVenue === venueId) {
    throw new Refusal('forbidden', 'A write key may send events and nothing else')
  }
  // Whether a venue exists is nobody's business who has no part in it.
  if (isHeld === undefined) throw new Refusal('not_found', 'There is no such venue')
  if (!isHeld) throw new Refusal('forbidden', `This needs the role ${access} in the venue`)
  return caller
}

/** Parses input with its schema; throws the refusal that names each wrong field. */
export function parse<S extends Shape>(schema: S, value: unknown, where: string): z.output<S> {
  const defect = defectOf(value)
  if (defect) {
    throw new Refusal('bad_request', `The ${where} is not right: it ${defect.message}`, [defect])
  }
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
  const type = headerOf(event.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase()
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

function finish(event: APIGatewayProxyEventV2, answer: Answer, requestId: string) {
  const method = event.requestContext.http.method
  const headers: Record<string, string> = {
    ...commonHeaders,
    'content-type': 'application/json',
    'x-request-id': requestId,
    ...answer.headers,
  }
  if (method === 'GET' && answer.status === 200) {
    headers.etag ??= etagOf(answer.body)
    headers['cache-control'] = 'private, no-cache'
    const asked = headerOf(event.headers, 'if-none-match')
    if (asked && matches(asked, headers.etag)) return { statusCode: 304, headers }
  }
  // Text is of the media type that its route says: a page, a style sheet.
  const { body } = answer
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { statusCode: answer.status, headers, body: text }
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
