import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import * as z from 'zod'
import type { Access, Caller } from './access/grants.ts'
import { permit } from './access/permit.ts'
import { type Body, hasBody, parseJson, readBody } from './body.ts'
import { preflightHeaders } from './cors.ts'
import { type Issue, Refusal } from './errors.ts'
import { defectOf } from './events/gate.ts'
import { methodsAt } from './gateway-routes.ts'
import { headerOf } from './headers.ts'
import { describeFault, log } from './log.ts'
import type { Notes } from './openapi/notes.ts'
import { problem } from './problem.ts'
import { respond, type Told } from './respond.ts'
import { isUpdate, isWrite, mayLackBody } from './route-kind.ts'
import { currentScope, inTrace, traceOfHeaders } from './trace.ts'

type Shape = z.ZodType
type Parsed<S extends Shape | undefined> = S extends Shape ? z.output<S> : undefined

export type Request<Q extends Shape | undefined, B extends Shape | undefined> = {
  /** The venue of the path; '' on routes without one. */
  venueId: string
  caller: Caller
  params: Record<string, string>
  query: Parsed<Q>
  body: Parsed<B>
  /** The body as it came, unpacked, on a route that tells what it `reads` by itself. */
  sent: Body
  /** The condition of an update; '' on routes that are none. */
  ifMatch: string
  /** Of this request, or of its Idempotency-Key: then a repeated request has the id of the first. */
  onceId: string
  now: Date
}

/** A handler's answer with more than a body. A text of another type than JSON goes as it is. */
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
  /** For the document; of these the function itself uses the media types that it `reads`. */
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

/** What makes a write happen once for each Idempotency-Key: `once` of lib/idempotency. */
type Once = (
  asked: { venueId: string; caller: Caller; key: string; request: string[] },
  write: (onceId: string) => Promise<Told>,
) => Promise<Told>

/**
 * An HTTP function: a table of routes under the gateway's own route keys. HEAD goes where GET goes.
 * A table with writes needs `once`.
 */
export function http<T extends Record<string, Route>>(routes: T, once?: Once) {
  const writes = Object.entries(routes).filter(([key, { access }]) => isWrite(key, access))
  if (writes.length > 0 && !once) {
    throw new Error(`${writes[0]?.[0]} is a write: http(routes, once) of lib/idempotency/once.ts`)
  }
  const handle = async (event: APIGatewayProxyEventV2, context: Context) => {
    const startedAt = Date.now()
    const requestId = context.awsRequestId
    let fault = {}
    const refused = (error: unknown) => {
      if (!(error instanceof Refusal)) fault = describeFault(error)
      return respond(event, problem(error, requestId), requestId)
    }
    let result: APIGatewayProxyStructuredResultV2
    try {
      const told = isOptions(event)
        ? options(event)
        : await dispatch(routes, event, requestId, once)
      result = respond(event, told, requestId)
    } catch (error) {
      result = refused(error)
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

const isOptions = (event: APIGatewayProxyEventV2): boolean =>
  event.requestContext.http.method === 'OPTIONS'

// No route is an OPTIONS: all of them come to the function behind the gateway's $default.
function options(event: APIGatewayProxyEventV2): Told {
  const methods = methodsAt(event.rawPath)
  if (methods.length === 0) throw nothingHere()
  const isPreflight = headerOf(event.headers, 'access-control-request-method') !== undefined
  const headers = { allow: methods.join(', '), ...(isPreflight && preflightHeaders) }
  return { status: 204, headers, body: undefined }
}

const nothingHere = () => new Refusal('not_found', 'There is nothing at this address')

async function dispatch(
  routes: Record<string, Route>,
  event: APIGatewayProxyEventV2,
  requestId: string,
  once: Once | undefined,
): Promise<Told> {
  const key = event.routeKey.replace(/^HEAD /, 'GET ')
  const found = Object.hasOwn(routes, key) ? routes[key] : undefined
  if (!found) throw nothingHere()
  const params = (event.pathParameters ?? {}) as Record<string, string>
  const venueId = params.venueId ?? ''
  const { authorizer } = event.requestContext as {
    authorizer?: { lambda?: Record<string, unknown> | null }
  }
  const caller = permit(found.access, venueId, authorizer?.lambda)
  // A name that no store can hold is the name of nothing.
  if (defectOf(params)) throw nothingHere()
  const asked = event.queryStringParameters ?? {}
  refuseRepeated(event.rawQueryString)
  const query = parse(found.query ?? noQuery, asked, 'query')
  const media = [...(found.body ? [json] : []), ...Object.keys(found.notes.reads ?? {})]
  const isSent = media.length > 0 && (hasBody(event) || !mayLackBody(found.body))
  const sent = isSent ? readBody(event, media) : undefined
  const body = found.body && parse(found.body, sent && parseJson(sent.text), 'body')
  const ifMatch = headerOf(event.headers, 'if-match')
  if (isUpdate(key) && !ifMatch) {
    throw new Refusal('precondition_required', 'If-Match must name the ETag that was read')
  }
  const write = async (onceId: string): Promise<Told> => {
    const request = { venueId, caller, params, query, body, sent, ifMatch: ifMatch ?? '', onceId }
    const answer = await found.answer({ ...request, now: new Date() } as unknown as Request<
      undefined,
      undefined
    >)
    return answer instanceof Answer ? answer : { status: found.status, headers: {}, body: answer }
  }
  const onceKey = isWrite(key, found.access)
    ? headerOf(event.headers, 'idempotency-key')
    : undefined
  if (onceKey === undefined || !once) return write(requestId)
  const told = [key, event.rawPath, event.rawQueryString, ifMatch ?? '', sent?.text ?? '']
  return once({ venueId, caller, key: onceKey, request: told }, write)
}

// The gateway joins what is there twice with a comma: a text that nobody sent.
function refuseRepeated(rawQuery: string): void {
  const seen = new Set<string>()
  const names = [...new URLSearchParams(rawQuery).keys()]
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size))
  const issues = [...twice].map((path) => ({
    path,
    code: 'invalid',
    message: `${path} is there twice`,
  }))
  const [first] = issues
  if (first) throw new Refusal('bad_request', `The query is not right: ${first.message}`, issues)
}

const json = 'application/json'
const noQuery = z.strictObject({})

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
