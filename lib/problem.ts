import { KeysUnavailable } from './access/permit.ts'
import { Refusal, type RefusalCode, StoreUnavailable } from './errors.ts'

export const statusOf: Record<RefusalCode, number> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  precondition_required: 428,
  rate_limited: 429,
}

const titleOf = (code: string): string => {
  const words = code.replaceAll('_', ' ')
  return words[0]?.toUpperCase() + words.slice(1)
}

/** The answer to a refusal or a fault, as RFC 9457 has it; of a fault nothing is told. */
export function problem(error: unknown, requestId: string) {
  const told = describe(error)
  const body = {
    type: `urn:turnout:problem:${told.code}`,
    title: titleOf(told.code),
    ...told,
    requestId,
  }
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (told.status === 401) headers['www-authenticate'] = 'Bearer'
  const retryAfter = error instanceof Refusal ? error.retryAfter : undefined
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter)
  if (told.status === 503) headers['retry-after'] = '5'
  return { status: told.status, headers, body }
}

function describe(error: unknown) {
  if (error instanceof Refusal) {
    const { code, message: detail, issues } = error
    return { status: statusOf[code], code, detail, ...(issues && { issues }) }
  }
  if (error instanceof StoreUnavailable) {
    return { status: 503, code: 'unavailable', detail: `${error.store} does not answer right now` }
  }
  if (error instanceof KeysUnavailable) {
    return {
      status: 503,
      code: 'unavailable',
      detail: 'The keys of tokens cannot be read right now',
    }
  }
  return { status: 500, code: 'internal', detail: 'Something went wrong on our side' }
}
