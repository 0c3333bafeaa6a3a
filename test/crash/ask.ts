import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { handler } from '../../functions/http/metrics.ts'
import type { MetricAnswer } from '../../lib/metrics/answer.ts'

/** Asks the function itself for a metric, as a viewer of the venue; needs no jest around it. */
export async function ask(
  venueId: string,
  metric: string,
  query: Record<string, string>,
): Promise<MetricAnswer> {
  const viewer = {
    userId: 'u-1',
    venues: { [venueId]: 'viewer' },
    ingestVenue: null,
    isOps: false,
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  const event = {
    version: '2.0',
    routeKey: 'GET /v1/venues/{venueId}/metrics/{metric}',
    rawPath: `/v1/venues/${venueId}/metrics/${metric}`,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {},
    queryStringParameters: query,
    pathParameters: { venueId, metric },
    requestContext: {
      requestId: 'crash',
      http: { method: 'GET', path: `/v1/venues/${venueId}/metrics/${metric}` },
      authorizer: { lambda: { caller: JSON.stringify(viewer) } },
    },
    isBase64Encoded: false,
  }
  const context = {
    functionName: 'metrics',
    awsRequestId: 'crash',
    getRemainingTimeInMillis: () => 30_000,
  } as Context
  const answer = (await handler(event as never, context)) as APIGatewayProxyStructuredResultV2
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${answer.body}`)
  return JSON.parse(answer.body ?? '')
}
