import type { Context } from 'aws-lambda'

/** What the platform tells a function of its call. */
export const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 30_000,
} as Context

/** A request as the gateway passes it, from a viewer of the venue. */
export function requestOf(
  routeKey: string,
  params: { venueId: string } & Record<string, string>,
  query?: Record<string, string>,
): object {
  const [method = 'GET', rawPath = '/'] = routeKey.split(' ')
  const venues = { [params.venueId]: 'viewer' }
  const caller = {
    userId: 'u-1',
    venues,
    ingestVenue: null,
    isOps: false,
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { authorization: 'Bearer …', accept: 'application/json' },
    queryStringParameters: query,
    pathParameters: params,
    requestContext: {
      requestId: 'bench',
      http: { method, path: rawPath },
      authorizer: { lambda: { caller: JSON.stringify(caller) } },
    },
    isBase64Encoded: false,
  }
}
