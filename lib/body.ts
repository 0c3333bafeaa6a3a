import { isUtf8 } from 'node:buffer'
import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Refusal } from './errors.ts'
import { headerOf } from './headers.ts'
import { keyFaults } from './json-text.ts'

const maxBytes = 1_048_576

/** A request's body, unpacked: its text and its media type without parameters, in lower case. */
export type Body = { text: string; mediaType: string }

/**
 * Reads the body of a request that takes one of the media types. A body without a type is of the
 * first when there is only one. Throws the refusals of the contract (§3): 413 for what is larger
 * than a megabyte, packed or unpacked, 415 for what is of another type or packed otherwise than by
 * gzip, 400 for what is empty or not UTF-8.
 */
export function readBody(event: APIGatewayProxyEventV2, mediaTypes: readonly string[]): Body {
  const [only, ...others] = mediaTypes
  const told = headerOf(event.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase()
  const mediaType = told || (others.length === 0 ? only : undefined) || ''
  if (!mediaTypes.includes(mediaType)) {
    const message = `Content-Type must be ${mediaTypes.join(' or ')}`
    throw new Refusal('unsupported_media_type', message)
  }
  const bytes = unpacked(event)
  if (bytes.length === 0) throw new Refusal('bad_request', 'The body is empty')
  if (!isUtf8(bytes)) throw new Refusal('bad_request', 'The body is not UTF-8')
  const text = bytes.toString('utf8')
  if (text.startsWith('\ufeff')) {
    throw new Refusal('bad_request', 'The body begins with a byte order mark, which JSON must not')
  }
  return { text, mediaType }
}

/** Whether a request says that it has a body, be it an empty one. */
export const hasBody = ({ body, headers }: APIGatewayProxyEventV2): boolean =>
  Boolean(body) || Boolean(headerOf(headers, 'content-type'))

/** The value of a JSON body; refuses text that is no JSON or means two things. */
export function parseJson(text: string): unknown {
  const value = jsonOf(text)
  if (value === undefined) throw new Refusal('bad_request', 'The body is not JSON')
  const issues = keyFaults(text).map(({ path, message }) => ({
    path: path.join('.'),
    code: 'invalid',
    message,
  }))
  const [first] = issues
  if (first) throw new Refusal('bad_request', `The body is not right: ${first.message}`, issues)
  return value
}

/** The value of a JSON text, undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unpacked(event: APIGatewayProxyEventV2): Buffer {
  const encoding = headerOf(event.headers, 'content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Refusal('unsupported_media_type', 'Content-Encoding must be gzip or absent')
  }
  const { isBase64Encoded } = event
  const body = event.body ?? ''
  // Before the text is made bytes: four letters of base64 are three bytes.
  if ((isBase64Encoded ? (body.length / 4) * 3 : body.length) > maxBytes + 2) throw tooLarge()
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > maxBytes) throw tooLarge()
  return encoding === 'gzip' ? unzipped(bytes) : bytes
}

// Stops at the first byte too many: a gigabyte packed into one megabyte is never there.
function unzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new Refusal('bad_request', 'The body is not gzip')
  }
}

const tooLarge = () => new Refusal('too_large', 'The body is larger than 1 MB')
