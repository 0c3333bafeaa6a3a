import { createHash } from 'node:crypto'
import { constants, gzipSync } from 'node:zlib'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { corsHeaders } from './cors.ts'
import { Refusal } from './errors.ts'
import { acceptsGzip, commonHeaders, headerOf, matches } from './headers.ts'

export type Told = { status: number; headers: Record<string, string>; body: unknown }

// Less is one or two packets anyway.
const gzipFromBytes = 4096
/** A function's answer may have 6 MB as the JSON that carries it, quotes escaped. */
const maxResultBytes = 6_000_000

/**
 * Writes an answer for the gateway: with the headers of every answer, packed where the caller takes
 * it, 304 to whoever has it already, without a body to HEAD. Throws `unprocessable` for an answer
 * that is too large to travel, which the gateway would make a 500 of.
 */
export function respond(event: APIGatewayProxyEventV2, told: Told, requestId: string) {
  const { method } = event.requestContext.http
  const isRead = method === 'GET' || method === 'HEAD'
  const headers: Record<string, string> = {
    ...commonHeaders,
    ...(told.status !== 204 && { 'content-type': 'application/json' }),
    'x-request-id': requestId,
    ...corsHeaders(event.headers),
    ...limitHeaders(event),
    ...told.headers,
  }
  const text = textOf(headers['content-type'], told.body)
  if (isRead && told.status === 200) {
    headers.etag ??= etagOf(text, told.body)
    headers['cache-control'] = told.headers['cache-control'] ?? 'private, no-cache'
    headers.vary = headers.vary ? `${headers.vary}, Accept-Encoding` : 'Accept-Encoding'
    const asked = headerOf(event.headers, 'if-none-match')
    if (asked && matches(asked, headers.etag)) {
      delete headers['content-type']
      return { statusCode: 304, headers }
    }
  }
  const result = packed(event, { statusCode: told.status, headers, body: text })
  if (method !== 'HEAD') return result
  // The length that GET would have; the gateway sees no body to measure.
  const length = Buffer.byteLength(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8')
  return { statusCode: told.status, headers: { ...headers, 'content-length': String(length) } }
}

function packed(event: APIGatewayProxyEventV2, result: APIGatewayProxyStructuredResultV2) {
  const { body = '', headers = {} } = result
  const isLarge = body.length >= gzipFromBytes
  if (isLarge && acceptsGzip(headerOf(event.headers, 'accept-encoding'))) {
    headers['content-encoding'] = 'gzip'
    result.isBase64Encoded = true
    // 10,000 points, 679 KB: 67 KB in 1.5 ms; at level 6 60 KB in 3.1 ms.
    result.body = gzipSync(body, { level: constants.Z_BEST_SPEED }).toString('base64')
  }
  // Escaping at most doubles it, and letters of three bytes triple it.
  const length = result.body?.length ?? 0
  if (length * 6 > maxResultBytes && Buffer.byteLength(JSON.stringify(result)) > maxResultBytes) {
    const message = 'The answer is larger than 6 MB: ask for less of it, or accept gzip'
    throw new Refusal('unprocessable', message)
  }
  return result
}

// What the authorizer counted for this token.
function limitHeaders(event: APIGatewayProxyEventV2): Record<string, string> {
  const { authorizer } = event.requestContext as {
    authorizer?: { lambda?: Record<string, unknown> | null }
  }
  const { rateLimit, ratePolicy } = authorizer?.lambda ?? {}
  if (typeof rateLimit !== 'string' || typeof ratePolicy !== 'string') return {}
  return { ratelimit: rateLimit, 'ratelimit-policy': ratePolicy }
}

function textOf(contentType: string | undefined, body: unknown): string | undefined {
  if (body === undefined) return undefined
  const isText = typeof body === 'string' && contentType && !/\bjson\b/.test(contentType)
  return isText ? body : JSON.stringify(body)
}

/** The tag of a representation: equal while the answer is, whenever it was asked for. */
function etagOf(text: string | undefined, body: unknown): string {
  const steady =
    typeof body === 'object'
      ? JSON.stringify(body, (key, value) =>
          key === 'asOf' || key === 'requestId' ? undefined : value,
        )
      : (text ?? '')
  return `"${createHash('sha256').update(steady).digest('base64url').slice(0, 22)}"`
}
