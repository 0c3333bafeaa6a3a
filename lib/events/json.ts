export type Json = string | number | boolean | null | Json[] | JsonObject
export type JsonObject = { [key: string]: Json }

/** Why a message is not taken; `path` is dotted, empty for the whole of it. */
export type Defect = { code: RefusalCode; path: string; message: string }

export const refusalCodes = [
  'not_json',
  'not_an_event',
  'too_many_events',
  'too_large',
  'too_deep',
  'bad_characters',
  'missing_venue',
  'unknown_type',
  'unknown_version',
  'invalid',
  'occurred_in_future',
] as const

export type RefusalCode = (typeof refusalCodes)[number]

/** Whether the value is a JSON object: no array, not null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON text with sorted keys, equal for equal values. The value must have passed the gate. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value)) ?? 'null'

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  // A plain object, a third cheaper than one without a prototype: the scrub drops `__proto__`.
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) copy[key] = sorted(value[key])
  return copy
}

/** JSON text of a value of any depth, where JSON.stringify overflows the stack. */
export function deepJson(value: unknown): string {
  const written: string[] = []
  const waiting: ({ text: string } | { value: unknown })[] = [{ value }]
  for (let piece = waiting.pop(); piece; piece = waiting.pop()) {
    if ('text' in piece) {
      written.push(piece.text)
      continue
    }
    const inner = piece.value
    if (typeof inner !== 'object' || inner === null) {
      written.push(JSON.stringify(inner) ?? 'null')
      continue
    }
    const isList = Array.isArray(inner)
    written.push(isList ? '[' : '{')
    waiting.push({ text: isList ? ']' : '}' })
    const entries = Object.entries(inner)
    for (let at = entries.length - 1; at >= 0; at -= 1) {
      const [key, child] = entries[at] as [string, unknown]
      waiting.push({ value: child })
      if (!isList) waiting.push({ text: `${JSON.stringify(key)}:` })
      if (at > 0) waiting.push({ text: ',' })
    }
  }
  return written.join('')
}
