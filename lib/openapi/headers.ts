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
  'Retry-After': {
    required: true,
    description: 'Seconds to wait',
    schema: { type: 'string', pattern: '^[0-9]+$' },
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
