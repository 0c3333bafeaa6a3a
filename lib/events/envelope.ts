import { type Defect, isObject } from './json.ts'

export type Unwrapped = { ok: true; values: unknown[]; isList: boolean } | Failure
export type Failure = { ok: false; defect: Defect; parsed?: unknown }

const mostEvents = 100
const mostWrappers = 3

/** The events in the body of a queue message, out of what SNS or EventBridge put around them. */
export function unwrap(body: string): Unwrapped {
  let value = parse(body)
  for (let layer = 0; value !== notJson && wraps(value); layer += 1) {
    if (layer === mostWrappers) {
      return failure('not_an_event', `must be wrapped at most ${mostWrappers} times`, value)
    }
    value = contentOf(value)
  }
  if (value === notJson) return failure('not_json', 'must be JSON')
  if (!Array.isArray(value)) {
    if (!isObject(value)) return failure('not_an_event', 'must be an object or an array', value)
    return { ok: true, values: [value], isList: false }
  }
  if (value.length === 0) return failure('not_an_event', 'must have at least one event', value)
  if (value.length > mostEvents) {
    return failure('too_many_events', `must have at most ${mostEvents} events`, value)
  }
  return { ok: true, values: value, isList: true }
}

const notJson = Symbol('not JSON')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return notJson
  }
}

const wrapsLikeSns = (value: Record<string, unknown>): boolean =>
  value.Type === 'Notification' && typeof value.Message === 'string'

const wrapsLikeEventBridge = (value: Record<string, unknown>): boolean =>
  typeof value['detail-type'] === 'string' && typeof value.detail === 'object'

function wraps(value: unknown): value is Record<string, unknown> {
  return isObject(value) && (wrapsLikeSns(value) || wrapsLikeEventBridge(value))
}

function contentOf(wrapper: Record<string, unknown>): unknown {
  return wrapsLikeSns(wrapper) ? parse(String(wrapper.Message)) : wrapper.detail
}

function failure(code: Defect['code'], rule: string, parsed?: unknown): Failure {
  return { ok: false, defect: { code, path: '', message: `The message ${rule}.` }, parsed }
}
