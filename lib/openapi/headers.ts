import type { Part } from './schemas.ts'

/** The headers of answers, as components. */
export const answerHeaders: Record<string, Part> = {
  'X-Request-Id': {
    required: true,
    description: 'The id of the request: name it when you report a problem',
    schema: { type: 'string', minLength: 1 },
  },
  'X-Trace-Id': {
    required: true,
    description: 'The trace of the request: that of your `traceparent` where you sent one',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  },
  ETag: {
    required: true,
    description: 'Changes when the answer does, whenever it was asked for',
    schema: { type: 'string', pattern: '^"[^"]+"$' },
  },
  'Cache-Status': {
    required: false,
    description:
      'Whether the numbers were kept from an earlier answer (RFC 9211); they are those of `asOf` either way',
    schema: { type: 'string', enum: ['turnout; hit', 'turnout; fwd=miss'] },
  },
  'Retry-After': {
    required: true,
    description: 'Seconds to wait',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  RateLimit: {
    required: false,
    description: 'What is left of the minute (`r`), and in how many seconds the next begins (`t`)',
    schema: { type: 'string', pattern: '^"[a-z]+";r=[0-9]+;t=[0-9]+$' },
    example: '"reads";r=11999;t=42',
  },
  'RateLimit-Policy': {
    required: false,
    description: 'How many requests of this kind (`q`) a token has in how many seconds (`w`)',
    schema: { type: 'string', pattern: '^"[a-z]+";q=[0-9]+;w=[0-9]+$' },
    example: '"reads";q=12000;w=60',
  },
  'Idempotent-Replayed': {
    required: false,
    description: 'This is the answer that the first request with the key got',
    schema: { type: 'string', const: 'true' },
  },
  'WWW-Authenticate': {
    required: true,
    description: 'How to say who you are',
    schema: { type: 'string', const: 'Bearer' },
  },
}

/** Headers of an answer, by name. */
export const headersNamed = (...names: string[]): Record<string, Part> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
