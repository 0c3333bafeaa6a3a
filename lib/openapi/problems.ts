import * as z from 'zod'
import type { Issue, RefusalCode } from '../errors.ts'
import { statusOf } from '../problem.ts'
import { answerHeaders, headersNamed } from './headers.ts'
import { type Components, type Part, schemaOf } from './schemas.ts'

export type ProblemCode = RefusalCode | 'internal' | 'unavailable'

const ProblemIssue = z
  .object({
    path: z.string().meta({ description: 'Where, with dots: `data.items.0.quantity`' }),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'Issue' })

/** The body of every refusal and fault. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'What a program decides by' }),
    detail: z.string().meta({ description: 'What a person reads' }),
    requestId: z.string(),
    issues: z.array(ProblemIssue).optional().meta({ description: 'What is wrong, field by field' }),
  })
  .meta({ id: 'Problem' })

type Told = { when: string; detail: string; issues?: Issue[] }

const told: Record<ProblemCode, Told> = {
  bad_request: {
    when: 'The input is not right. `issues` names each wrong or unknown field.',
    detail: 'The query is not right: limt is not a field here',
    issues: [{ path: 'limt', code: 'unknown_field', message: 'limt is not a field here' }],
  },
  unauthorized: {
    when: 'No token, or one that is not good (any more).',
    detail: 'A good token is needed: Authorization: Bearer …',
  },
  forbidden: {
    when: 'The token is good, its role is too low.',
    detail: 'This needs the role manager in the venue',
  },
  not_found: {
    when: 'There is nothing of this name, or the token does not name the venue.',
    detail: 'There is no such venue',
  },
  conflict: {
    when: 'The state does not allow it now, or the first request with this Idempotency-Key still runs.',
    detail: 'The first request with this Idempotency-Key is still running',
  },
  gone: { when: 'It was here and is no longer.', detail: 'This has expired' },
  precondition_failed: {
    when: 'It was changed since it was read: read it again.',
    detail: 'The settings were changed since they were read',
  },
  too_large: { when: 'The body is larger than 1 MB.', detail: 'The body is larger than 1 MB' },
  unsupported_media_type: {
    when: 'The body is of a type, or packed in a way, that is not taken here.',
    detail: 'The body must be application/json',
  },
  unprocessable: {
    when: 'Understood, but it cannot be done as it was asked.',
    detail:
      'The answer would have about 525600 points, more than 10000: ask for a shorter time, a coarser granularity or fewer groups',
    issues: [{ path: 'granularity', code: 'too_many_points', message: 'at most 10000 points' }],
  },
  precondition_required: {
    when: 'If-Match is missing.',
    detail: 'If-Match must name the ETag read',
  },
  rate_limited: {
    when: 'Too many requests with this token. Come again after `Retry-After` seconds.',
    detail: 'Too many requests',
  },
  internal: { when: 'A fault of ours.', detail: 'Something went wrong on our side' },
  unavailable: {
    when: 'A store is away for the moment. Come again after `Retry-After` seconds.',
    detail: 'postgres does not answer right now',
  },
}

const faults: Record<string, number> = { internal: 500, unavailable: 503 }

/** The status that a code goes with. */
export const problemStatus = (code: ProblemCode): number =>
  statusOf[code as RefusalCode] ?? faults[code]

/** Every refusal and fault as a response that operations refer to. */
export function problemResponses(components: Components): Record<string, Part> {
  schemaOf(Problem, 'output', components)
  const codes = Object.keys(told) as ProblemCode[]
  return Object.fromEntries(codes.map((code) => [code, responseOf(code)]))
}

const ownHeaders: Partial<Record<ProblemCode, Record<string, Part>>> = {
  unauthorized: headersNamed('WWW-Authenticate'),
  rate_limited: headersNamed('Retry-After'),
  unavailable: headersNamed('Retry-After'),
  // Only while the first request with an Idempotency-Key runs.
  conflict: { 'Retry-After': { ...answerHeaders['Retry-After'], required: false } },
}

function responseOf(code: ProblemCode): Part {
  const { when, detail, issues } = told[code]
  const status = problemStatus(code)
  const words = code.replaceAll('_', ' ')
  return {
    description: when,
    headers: { ...headersNamed('X-Request-Id', 'X-Trace-Id'), ...ownHeaders[code] },
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { properties: { status: { const: status }, code: { const: code } } },
          ],
        },
        example: {
          type: `urn:turnout:problem:${code}`,
          title: words[0]?.toUpperCase() + words.slice(1),
          status,
          code,
          detail,
          ...(issues && { issues }),
          requestId: '5f0c1a52-3c1e-4f0b-9c57-0f6c2f4a7d11',
        },
      },
    },
  }
}
