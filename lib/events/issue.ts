import type * as z from 'zod'
import { type Defect, isObject } from './json.ts'

/** The first thing that a schema has against the value: where, and what the limit is. */
export function defectOfIssue(error: z.ZodError, value: unknown): Defect {
  const [issue] = error.issues
  if (!issue) return { code: 'invalid', path: '', message: 'is not valid' }
  return { code: 'invalid', path: issue.path.map(String).join('.'), message: ruleOf(issue, value) }
}

function ruleOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'custom') return issue.message
  if (at(value, issue.path) === undefined) return 'is required'
  if (issue.code === 'invalid_type') return `must be ${kinds[issue.expected] ?? issue.expected}`
  if (issue.code === 'too_small') return `must ${measure(issue.origin, 'least', issue.minimum)}`
  if (issue.code === 'too_big') return `must ${measure(issue.origin, 'most', issue.maximum)}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_format' && issue.path.at(-1) === 'venue_id') {
    return 'must be 1 to 64 letters, digits, _ and -'
  }
  if (issue.code === 'invalid_key') return 'must have no name of more than 100 characters'
  return 'is not valid'
}

const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
}

function measure(origin: string, side: 'least' | 'most', limit: number | bigint): string {
  if (origin === 'string') return `have at ${side} ${limit} characters`
  if (origin === 'array') return `have at ${side} ${limit} items`
  return `be at ${side} ${limit}`
}

function at(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)]
    return isObject(inner) && Object.hasOwn(inner, key) ? inner[String(key)] : undefined
  }, value)
}
