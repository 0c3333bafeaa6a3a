import * as z from 'zod'
import { isCurrency } from '../events/currency.ts'
import { type EventType, eventTypes } from '../events/registry.ts'
import { isTimeZone } from '../time/zones.ts'
import { timeFormatOf, wallTimeMs } from './local-time.ts'
import { templateProblem } from './template.ts'

/**
 * How a value is made from a record. A text is a template; an object whose key begins with `$` is
 * an operator; any other object or array is made part by part, and what comes out empty is left out.
 */
export type Expression =
  | string
  | number
  | boolean
  | Expression[]
  | Operator
  | { [field: string]: Expression }

export type Operator =
  /** A number: `1,737`, `-$4`, `($5.00)`. */
  | { $number: Expression; negate?: boolean }
  /** An amount in major units, rounded to the minor ones of the venue's or another currency. */
  | { $money: Expression; times?: Expression; negate?: boolean; currency?: string }
  | { $add: Expression[] }
  /** The sum over the records of the group, each rounded for itself where it is money. */
  | { $sum: Expression }
  /** A list with one value for each record of the group, or for those of a condition. */
  | { $rows: Expression; when?: Condition }
  | TimeOperator
  | { $is: Condition }
  | { $if: Condition; use: Expression; otherwise?: Expression }
  /** What the pattern's first group, or all of the pattern, finds. */
  | { $extract: Expression; pattern: string }
  /** A parameter of an address. */
  | { $parameter: string; of: Expression }

/** A time with the zone's offset, or as its clocks show it: `format` reads, `at` sets the hour. */
export type TimeOperator = {
  $time: Expression
  format: string
  at?: string
  minusDays?: Expression
  as?: 'local'
  zone?: string
}

export type Test = {
  equals?: string | number
  in?: (string | number)[]
  matches?: string
  startsWith?: string
  above?: number
  atLeast?: number
  below?: number
  atMost?: number
  empty?: boolean
}

export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | ({ value: Expression } & Test)

const expression = byForm<Expression>(formOfExpression)
const condition = byForm<Condition>(formOfCondition)

const template = z.string().superRefine((text, issues) => {
  const problem = templateProblem(text)
  if (problem) issues.addIssue({ code: 'custom', message: problem })
})

const pattern = z.string().refine(isPattern, { error: 'is not a regular expression' })
const zone = z.string().refine(isTimeZone, { error: 'is not a time zone of the IANA database' })
const currency = z.string().refine(isCurrency, { error: 'is not a currency of ISO 4217' })
const fields = z.record(z.string(), expression)

const time = z
  .strictObject({
    $time: expression,
    format: z.string().refine((format) => timeFormatOf(format) !== undefined, {
      error: 'must be ISO or name a year, month and day (YYYY MM M MMM DD D HH H h mm ss A)',
    }),
    at: z
      .string()
      .refine((text) => wallTimeMs(text) !== undefined, { error: 'must be a time such as 19:00' })
      .optional(),
    minusDays: expression.optional(),
    as: z.literal('local').optional(),
    zone: zone.optional(),
  })
  .refine(({ format, at }) => at !== undefined || timeFormatOf(format)?.hasTime !== false, {
    path: ['at'],
    error: 'is required: the format tells no time of day',
  })

const operators: Record<string, z.ZodType> = {
  $number: z.strictObject({ $number: expression, negate: z.boolean().optional() }),
  $money: z.strictObject({
    $money: expression,
    times: expression.optional(),
    negate: z.boolean().optional(),
    currency: currency.optional(),
  }),
  $add: z.strictObject({ $add: z.array(expression).min(1) }),
  $sum: z.strictObject({ $sum: expression }),
  $rows: z.strictObject({ $rows: expression, when: condition.optional() }),
  $time: time,
  $is: z.strictObject({ $is: condition }),
  $if: z.strictObject({ $if: condition, use: expression, otherwise: expression.optional() }),
  $extract: z.strictObject({ $extract: expression, pattern }),
  $parameter: z.strictObject({ $parameter: z.string().min(1), of: expression }),
}

const scalar = z.union([z.string(), z.number()])
const tests = {
  equals: scalar.optional(),
  in: z.array(scalar).min(1).optional(),
  matches: pattern.optional(),
  startsWith: z.string().min(1).optional(),
  above: z.number().optional(),
  atLeast: z.number().optional(),
  below: z.number().optional(),
  atMost: z.number().optional(),
  empty: z.boolean().optional(),
}

const comparison = z
  .strictObject({ value: expression, ...tests })
  .refine((given) => Object.keys(given).length > 1, {
    error: `needs one of ${Object.keys(tests).join(', ')}`,
  })

const event = z.strictObject({
  when: condition.optional(),
  type: z.enum(eventTypes as [EventType, ...EventType[]]),
  occurred_at: expression,
  event_ref: fields.optional(),
  actor: fields.optional(),
  context: fields.optional(),
  test_mode: z.boolean().optional(),
  data: fields,
})

/** A map: how the records of a file become events. */
export const importMap = z.strictObject({
  description: z.string().min(1).max(1000),
  delimiter: z.string().length(1).optional(),
  groupBy: template.optional(),
  venue: z.strictObject({
    id: template,
    name: template.optional(),
    timezone: zone,
    currency,
    day_start: z.string().optional(),
  }),
  skip: z
    .array(z.strictObject({ when: condition, reason: z.string().min(1).max(200) }))
    .default([]),
  events: z.array(event).min(1),
})

export type ImportMap = z.infer<typeof importMap>

/** A map from its JSON text; throws an Error whose message names each thing that is wrong. */
export function parseMap(text: string): ImportMap {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`The map is not JSON: ${(error as Error).message}`)
  }
  const parsed = importMap.safeParse(value)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map(
    ({ path, message }) => `  ${path.map(String).join('.') || '(the map)'}: ${message}`,
  )
  throw new Error(`The map cannot be used:\n${lines.join('\n')}`)
}

/**
 * One schema of several is chosen by the value's form, so that an error speaks of the form that
 * was meant; a union would say of all of them that none fits.
 */
function byForm<T>(formOf: (value: unknown) => z.ZodType | string): z.ZodType<T> {
  const schema = z.unknown().superRefine((value, issues) => {
    const form = formOf(value)
    if (typeof form === 'string') {
      issues.addIssue({ code: 'custom', message: form })
      return
    }
    for (const { path, message } of form.safeParse(value).error?.issues ?? []) {
      issues.addIssue({ code: 'custom', path, message })
    }
  })
  return schema as unknown as z.ZodType<T>
}

function formOfExpression(value: unknown): z.ZodType | string {
  if (typeof value === 'string') return template
  if (typeof value === 'number') return z.number()
  if (typeof value === 'boolean') return z.boolean()
  if (Array.isArray(value)) return z.array(expression)
  if (typeof value !== 'object' || value === null) {
    return 'must be a text, a number, true, false, an array or an object'
  }
  const named = Object.keys(value).filter((key) => key.startsWith('$'))
  const [name] = named
  if (name === undefined) return fields
  const operator = named.length === 1 ? operators[name] : undefined
  return operator ?? `must have one operator of ${Object.keys(operators).join(', ')}`
}

function formOfCondition(value: unknown): z.ZodType | string {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.includes('all')) return z.strictObject({ all: z.array(condition).min(1) })
  if (keys.includes('any')) return z.strictObject({ any: z.array(condition).min(1) })
  if (keys.includes('not')) return z.strictObject({ not: condition })
  return keys.includes('value') ? comparison : 'must be an object with value, all, any or not'
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
