import type { Random } from '../oracle/random.ts'
import { at } from '../support/openapi.ts'

type Schema = {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema | false
  prefixItems?: Schema[]
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  examples?: unknown[]
  default?: unknown
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  minItems?: number
}

/**
 * A value as a schema of the document wants it: that of its example where it has one. A full one
 * has every field, whether they go together or not.
 */
export function exampleOf(part: unknown, random: Random, isFull = false): unknown {
  const schema = part as Schema
  if (schema.$ref) return exampleOf(at(schema.$ref), random, isFull)
  const isWhole = isFull && (schema.properties || schema.items)
  if (schema.examples && !isWhole) return random.pick(schema.examples)
  const among = schema.anyOf ?? schema.oneOf
  if (among) return exampleOf(random.pick(among), random, isFull)
  if ('const' in schema) return schema.const
  if (schema.enum) return random.pick(schema.enum)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') return objectOf(schema, random, isFull)
  if (schema.prefixItems) return schema.prefixItems.map((one) => exampleOf(one, random, isFull))
  if (type === 'array') {
    const length = Math.max(schema.minItems ?? 0, 1)
    return Array.from({ length }, () => exampleOf(schema.items || {}, random, isFull))
  }
  if (type === 'integer' || type === 'number') return numberOf(schema, random)
  if (type === 'boolean') return random.chance(0.5)
  if (type === 'null') return null
  return textOf(schema)
}

function objectOf(schema: Schema, random: Random, isFull: boolean) {
  const required = schema.required ?? []
  const own = Object.entries(schema.properties ?? {})
    .filter(([name]) => isFull || required.includes(name))
    .map(([name, inner]) => [name, exampleOf(inner, random, isFull)])
  const { additionalProperties: more, properties } = schema
  const rest = typeof more === 'object' && !properties ? [['any', exampleOf(more, random)]] : []
  return Object.fromEntries([...own, ...rest])
}

function numberOf({ minimum = 1, maximum = minimum + 8 }: Schema, random: Random): number {
  return random.between(Math.max(minimum, -1000), Math.min(maximum, Math.max(minimum, 1) + 8))
}

/** What the document does not say by a pattern or a format. */
function textOf({ format, pattern, minLength = 1 }: Schema): string {
  if (format === 'date-time') return '2026-06-01T12:00:00Z'
  if (format === 'uuid') return '6f1f0d0e-3c3b-4c8e-9a53-0f6f5f8f7c11'
  if (format === 'uri') return 'https://example.com/x'
  if (pattern?.startsWith('^[A-Z]{3}')) return 'USD'
  if (pattern?.includes(':[0-5]')) return '06:00'
  return 'x'.repeat(Math.max(1, minLength))
}

export type Step = string | number

/** The places of a value, itself first: the way to each. */
export function placesOf(value: unknown): Step[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  const steps: Step[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  const inner = (step: Step) => (value as Record<Step, unknown>)[step]
  return [[], ...steps.flatMap((step) => placesOf(inner(step)).map((way) => [step, ...way]))]
}

/** The value with another at a place; undefined leaves the field out. */
export function replaced(value: unknown, [step, ...way]: Step[], other: unknown): unknown {
  if (step === undefined) return other
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  const inner = (copy as Record<Step, unknown>)[step]
  const changed = replaced(inner, way, other)
  if (changed === undefined && !Array.isArray(copy)) delete (copy as Record<Step, unknown>)[step]
  else (copy as Record<Step, unknown>)[step] = changed ?? null
  return copy
}

/** Every text that the document has as a choice or in an example: what good requests are made of. */
export function wordsOf(part: unknown, isIn = false): string[] {
  if (typeof part === 'string') return isIn && part.length < 100 ? [part] : []
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([name, inner]) =>
    wordsOf(inner, isIn || /^(enum|const|examples?|default)$/.test(name)),
  )
}
