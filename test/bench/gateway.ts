import type { Context } from 'aws-lambda'
import type { Role } from '../../lib/access/grants.ts'

/** What the platform tells a function of its call. */
export const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 30_000,
} as Context

/** A request as the gateway passes it, from a viewer of the venue, or another of its roles. */
export function requestOf(
  routeKey: string,
  params: { venueId: string } & Record<string, string>,
  query?: Record<string, string>,
  { role = 'viewer', body }: { role?: Role; body?: object } = {},
): object {
  const [method = 'GET', rawPath = '/'] = routeKey.split(' ')
  const venues = { [params.venueId]: role }
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
    headers: {
      authorization: 'Bearer …',
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
    },
    queryStringParameters: query,
    pathParameters: params,
    requestContext: {
      requestId: 'bench',
      http: { method, path: rawPath },
      authorizer: { lambda: { caller: JSON.stringify(caller) } },
    },
    ...(body && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  }
}
