import { config } from './config.ts'
import { type Headers, headerOf } from './headers.ts'

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
const requestHeaders =
  'Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-Match, If-None-Match, Traceparent'
const answerHeaders =
  'Cache-Status, ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, X-Request-Id, X-Trace-Id'

/**
 * What a page of another origin may read. Only origins of the configuration are named; a token
 * travels in a header and never in a cookie, so credentials are never allowed.
 */
export function corsHeaders(headers: Headers): Record<string, string> {
  const { ALLOWED_ORIGINS: allowed } = config('cors')
  if (allowed.length === 0) return {}
  const origin = headerOf(headers, 'origin')
  const named = allowed.includes('*') ? '*' : allowed.find((one) => one === origin)
  return {
    vary: 'Origin',
    ...(origin &&
      named && {
        'access-control-allow-origin': named,
        'access-control-expose-headers': answerHeaders,
      }),
  }
}

/** What a browser asks before it lets a page write; for two hours it need not ask again. */
export const preflightHeaders = {
  'access-control-allow-methods': methods,
  'access-control-allow-headers': requestHeaders,
  'access-control-max-age': '7200',
}
