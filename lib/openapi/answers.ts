import type { Route } from '../http.ts'
import { isUpdate, isWrite } from '../route-kind.ts'
import { headersNamed } from './headers.ts'
import { type ProblemCode, problemStatus } from './problems.ts'
import { type Components, type Part, schemaOf } from './schemas.ts'

/** Everything that a route may answer, by status. */
export function answersOf(key: string, route: Route, components: Components): Part {
  const { access, status, response, notes } = route
  const isRead = key.startsWith('GET ')
  const headers = headersNamed(
    'X-Request-Id',
    'X-Trace-Id',
    ...(isRead || isUpdate(key) ? ['ETag'] : []),
    ...(access === 'public' ? [] : ['RateLimit', 'RateLimit-Policy']),
    ...(isWrite(key, access) ? ['Idempotent-Replayed'] : []),
    ...(notes.headers ?? []),
  )
  const answers: Part = {
    [status]: {
      description: route.summary,
      headers,
      ...(status !== 204 && { content: contentOf(response, notes.mediaType, components) }),
    },
    ...(isRead && { 304: { description: 'Nothing has changed since', headers } }),
  }
  for (const code of refusalsOf(key, route)) {
    answers[problemStatus(code)] = { $ref: `#/components/responses/${code}` }
  }
  for (const [other, schema] of Object.entries(notes.alsoAnswers ?? {})) {
    answers[other] = {
      description: route.summary,
      headers: headersNamed('X-Request-Id', 'X-Trace-Id'),
      content: contentOf(schema, notes.mediaType, components),
    }
  }
  return answers
}

/** The refusals that follow from the declaration of a route, and those it adds. */
function refusalsOf(key: string, route: Route): Set<ProblemCode> {
  const { access, body, notes } = route
  const codes = new Set<ProblemCode>(['bad_request', 'internal', ...(notes.refuses ?? [])])
  if (access !== 'public') codes.add('unauthorized').add('rate_limited').add('unavailable')
  if (!['public', 'token'].includes(access)) codes.add('forbidden')
  if (key.includes('{')) codes.add('not_found')
  if (body || notes.reads) codes.add('too_large').add('unsupported_media_type')
  if (isUpdate(key)) codes.add('precondition_required').add('precondition_failed')
  // By its Idempotency-Key: the first request still runs, or was another one.
  if (isWrite(key, access)) codes.add('conflict').add('unprocessable')
  return codes
}

function contentOf(
  schema: Route['response'],
  mediaType: string | undefined,
  all: Components,
): Part {
  return { [mediaType ?? 'application/json']: { schema: schemaOf(schema, 'output', all) } }
}
