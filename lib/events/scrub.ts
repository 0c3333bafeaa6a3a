import type * as z from 'zod'
import { anyEnvelope } from './envelope-fields.ts'
import { treatments } from './fields.ts'
import { isTooDeep } from './gate.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { isIdentityKey, isPersonalKey, isPersonKey } from './personal-keys.ts'
import { isPseudonym, pseudonymOf } from './pseudonym.ts'
import { canonicalType, registry } from './registry.ts'
import { scrubValue } from './scrub-text.ts'

export type ScrubOptions = {
  secret: string
  venueId: string
  /** The sender is ourselves: what reads as a pseudonym of ours is one. */
  trusted?: boolean | undefined
}

type Policy = {
  treatment: 'verbatim' | 'pseudonym' | 'text'
  optional?: boolean
  fields?: Map<string, Policy>
  item?: Policy
}

const neverAltered = new Set(['event_id', 'venue_id', 'order_id', 'ticket_id', 'ticket_ids'])

// As own fields of a copy they are only a trap for whoever spreads or merges it.
const hostile = new Set(['__proto__', 'constructor', 'prototype'])

const fallback = policyOf(anyEnvelope)
const policies = new Map<unknown, Policy>(
  [...registry].map(([type, { envelope }]) => [type, policyOf(envelope)]),
)

/**
 * A copy of the message without e-mail addresses, telephone numbers, names and IP addresses of
 * people, their ids replaced by pseudonyms. The scrub of a (trusted) scrubbed message is itself.
 */
export function scrub(message: JsonObject, options: ScrubOptions): JsonObject {
  return copyFields(message, policies.get(canonicalType(String(message.type))) ?? fallback, options)
}

function copy(value: Json, policy: Policy | undefined, options: ScrubOptions): Json {
  if (policy?.treatment === 'pseudonym') {
    // No schema takes this, so that the refusal names the field while the body does not tell it.
    return typeof value === 'string' ? pseudonym(value, options) : false
  }
  if (typeof value === 'string') {
    return policy?.treatment === 'verbatim' ? joiningId(value, options) : copyText(value, options)
  }
  if (typeof value === 'number') return value === 0 ? 0 : value
  if (Array.isArray(value)) return value.map((item) => copy(item, policy?.item, options))
  return isObject(value) ? copyFields(value, policy, options) : value
}

function copyText(text: string, options: ScrubOptions): string {
  const inner = text.startsWith('{') || text.startsWith('[') ? parsed(text) : undefined
  return inner === undefined ? scrubValue(text) : JSON.stringify(copy(inner, undefined, options))
}

function parsed(text: string): Json | undefined {
  try {
    const value = JSON.parse(text)
    return isTooDeep(value) ? undefined : value
  } catch {
    return undefined
  }
}

function copyFields(fields: JsonObject, policy: Policy | undefined, options: ScrubOptions) {
  const copied: JsonObject = {}
  for (const key of Object.keys(fields)) {
    const value = fields[key] as Json
    const known = policy?.fields?.get(key)
    if (known) {
      if (!(known.optional && isEmpty(value, known))) copied[key] = copy(value, known, options)
    } else {
      copyUnknown(key, value, copied, options)
    }
  }
  return copied
}

// Platforms write null where they have nothing; an empty id would be one buyer to us.
function isEmpty(value: Json, policy: Policy): boolean {
  return value === null || (value === '' && policy.treatment === 'pseudonym')
}

function copyUnknown(key: string, value: Json, copied: JsonObject, options: ScrubOptions): void {
  if (hostile.has(key) || isPersonalKey(key)) return
  const cleanKey = scrubValue(key)
  if (hostile.has(cleanKey) || isPersonalKey(cleanKey)) return
  if (isPersonKey(cleanKey) && hasText(value)) return
  if (neverAltered.has(cleanKey)) copied[cleanKey] = verbatimText(value, options)
  else if (isIdentityKey(cleanKey)) copied[cleanKey] = pseudonyms(value, options)
  else copied[cleanKey] = copy(value, undefined, options)
}

const hasText = (value: Json): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.some(hasText))

function verbatimText(value: Json, options: ScrubOptions): Json {
  if (typeof value === 'string') return joiningId(value, options)
  if (Array.isArray(value)) return value.map((item) => verbatimText(item, options))
  return copy(value, undefined, options)
}

/**
 * An id joins facts, so it is never cleaned; one that is an address gives way to a pseudonym, which
 * joins as well.
 */
export const joiningId = (id: string, options: ScrubOptions): string =>
  /[^\s@]@[^\s@]+\.[^\s@]/.test(id) ? pseudonym(id, options) : id

function pseudonyms(value: Json, options: ScrubOptions): Json {
  if (typeof value === 'string') return value === '' ? value : pseudonym(value, options)
  if (typeof value === 'number') return pseudonym(String(value), options)
  if (Array.isArray(value)) return value.map((item) => pseudonyms(item, options))
  return copy(value, undefined, options)
}

function pseudonym(id: string, { secret, venueId, trusted }: ScrubOptions): string {
  return trusted && isPseudonym(id) ? id : pseudonymOf(secret, venueId, id)
}

function policyOf(schema: z.core.$ZodType): Policy {
  const { def } = (schema as z.ZodType)._zod as unknown as { def: Definition }
  const treatment = treatments.get(schema) ?? 'text'
  if (def.innerType) return { ...policyOf(def.innerType), optional: def.type !== 'nonoptional' }
  if (def.element) return { treatment, item: policyOf(def.element) }
  if (!def.shape) return { treatment }
  const fields = Object.entries(def.shape).map(([key, field]) => [key, policyOf(field)] as const)
  return { treatment, fields: new Map(fields) }
}

type Definition = {
  type: string
  innerType?: z.core.$ZodType
  element?: z.core.$ZodType
  shape?: Record<string, z.core.$ZodType>
}
