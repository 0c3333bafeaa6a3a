import type { APIGatewayProxyStructuredResultV2, Context, SQSBatchResponse } from 'aws-lambda'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import type { Caller } from '../../lib/access/grants.ts'
import { closeMongo } from '../../lib/clients/mongo.ts'
import { closePostgres } from '../../lib/clients/postgres.ts'
import type { MetricAnswer } from '../../lib/metrics/answer.ts'
import type { TableAnswer } from '../../lib/metrics/table-schema.ts'
import { delivery } from './events.ts'
import { answeredBy } from './http.ts'
import { expectDocumented } from './openapi.ts'

export const context = {
  functionName: 'test',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 30_000,
} as Context

/** Closes what the handlers opened. */
export const closeStores = () => Promise.all([closePostgres(), closeMongo()])

/** Hands messages to the queue worker and returns the ids it wants again. */
export async function deliver(...bodies: unknown[]): Promise<string[]> {
  const answer = (await ingestEvents(delivery(...bodies), context)) as SQSBatchResponse
  return answer.batchItemFailures.map((failure) => failure.itemIdentifier)
}

export type Asked = {
  caller?: Partial<Caller> | null
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  headers?: Record<string, string>
}

type Handler = (event: never, context: Context) => unknown

/** Calls a route of an HTTP function as the gateway does, and holds its answer to the document. */
export async function call(handler: Handler, routeKey: string, asked: Asked = {}) {
  const [method = 'GET', path = '/'] = routeKey.split(' ')
  const expiresAt = Date.now() + 3_600_000
  const nobody = { userId: 'u-1', venues: {}, ingestVenue: null, isOps: false, expiresAt }
  const caller = asked.caller === null ? '' : JSON.stringify({ ...nobody, ...asked.caller })
  const event = {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', ...asked.headers },
    queryStringParameters: asked.query,
    pathParameters: asked.params,
    requestContext: {
      requestId: 'request-1',
      http: { method, path },
      authorizer: { lambda: { caller } },
    },
    body: asked.body === undefined ? undefined : JSON.stringify(asked.body),
    isBase64Encoded: false,
  }
  const answer = (await handler(event as never, context)) as APIGatewayProxyStructuredResultV2
  const answered = answeredBy(answer)
  expectDocumented(routeKey, answered)
  return answered
}

/** Asks a metric of a venue as a viewer of it. */
export async function ask(venueId: string, metric: string, query: Record<string, string>) {
  const route = 'GET /v1/venues/{venueId}/metrics/{metric}'
  const answer = await call(metrics, route, {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, metric },
    query,
  })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body as MetricAnswer
}

/** Asks several measures of a venue as a viewer of it. */
export async function askTable(venueId: string, body: object) {
  const answer = await call(metrics, 'POST /v1/venues/{venueId}/query', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId },
    body,
  })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body as TableAnswer
}

/** The total of a metric over the year 2026, or another time. */
export async function total(venueId: string, metric: string, query: Record<string, string> = {}) {
  const year = { from: '2026-01-01', to: '2027-01-01', granularity: 'none' }
  return (await ask(venueId, metric, { ...year, ...query })).total
}
