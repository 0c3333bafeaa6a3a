import * as z from 'zod'
import { dimensions } from '../ledger/entry.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { currency, zone } from '../metrics/question.ts'
import { filters } from '../metrics/table-schema.ts'
import { duration } from './duration.ts'
import { gauges } from './gauges.ts'

/** From the least to the worst. */
export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const compares = ['previous_period', 'same_weekday'] as const

const amount = z.number().min(-1e15).max(1e15)
const pair = z
  .tuple([amount, amount])
  .refine(([low, high]) => low < high, { error: 'must be two numbers, the lower one first' })
const metric = z.string().refine((name) => catalogue.has(name) || Object.hasOwn(gauges, name), {
  error: 'is not a metric',
})

/** What is asked at each tick: the last `window`, as one number for each group. */
const Query = z
  .strictObject({
    metric: metric.meta({
      description: `A metric of the catalogue, or one of ${Object.keys(gauges).join(', ')}`,
    }),
    per: z
      .string()
      .refine((name) => catalogue.has(name), { error: 'is not a metric' })
      .nullable()
      .default(null)
      .meta({
        description: 'Divides by another metric: what is watched is the share, 0.1 is 10 %',
      }),
    filters,
    window: duration('1m', '92d').meta({
      description: 'The time before the tick that is asked of',
    }),
    groupBy: z
      .array(z.enum(dimensions))
      .max(3)
      .refine((names) => new Set(names).size === names.length, { error: 'names a dimension twice' })
      .default([])
      .meta({ description: 'Each group is watched, fires and recovers by itself' }),
    currency: currency.nullable().default(null),
  })
  .superRefine(({ metric, per, groupBy, filters: asked, currency: only }, { addIssue }) => {
    const refuse = (path: string, message: string) =>
      addIssue({ code: 'custom', path: [path], message })
    if (per === metric) refuse('per', 'must be another metric: by itself it is always one')
    const gauge = gauges[metric as keyof typeof gauges]
    if (!gauge) return
    const unknown = [...groupBy, ...asked.map(({ dimension }) => dimension)].find(
      (name) => !(gauge.dimensions as readonly string[]).includes(name),
    )
    if (unknown) refuse('groupBy', `${metric} knows no ${unknown}`)
    if (per !== null) refuse('per', `${metric} is no amount to divide`)
    if (only !== null) refuse('currency', `${metric} is no money`)
  })

const compare = z.enum(compares).default('previous_period').meta({
  description:
    'The same length of time right before, or the same hours seven days earlier by the clocks of the venue',
})

/** When a number is too much, too little or not there. A change is in per cent of what it is compared with. */
export const Condition = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['gt', 'gte', 'lt', 'lte', 'eq', 'neq']), value: amount }),
  z.strictObject({ op: z.enum(['between', 'outside']), values: pair }),
  z.strictObject({ op: z.enum(['change_pct_gt', 'change_pct_lt']), value: amount, compare }),
  z.strictObject({ op: z.literal('absent') }),
])
export type Condition = z.output<typeof Condition>

const clock = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time like 07:30' })

/** Days and hours by the clocks of a zone; where `to` is not after `from` it is of the next day. */
export const hours = {
  tz: zone.nullable().default(null).meta({ description: 'Null: the venue’s own' }),
  days: z
    .array(z.enum(days))
    .min(1)
    .max(7)
    .refine((names) => new Set(names).size === names.length, { error: 'names a day twice' })
    .default([...days])
    .meta({ description: 'The days on which the hours begin' }),
  from: clock.default('00:00'),
  to: z.union([clock, z.literal('24:00')]).default('24:00'),
}
export const Hours = z
  .strictObject(hours)
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must not be the time of from' })
export type Hours = z.output<typeof Hours>

const NoData = z.strictObject({
  policy: z.enum(['ok', 'alert', 'keep_last']).default('ok'),
  for: duration('0s', '31d').default('15m'),
})

const ids = (what: string) => z.uuid({ error: `must be the id of ${what}` }).toLowerCase()

/** What of a rule somebody says, each with what it is where nothing is said. */
export const ruleFields = {
  name: z.string().trim().min(1).max(200),
  severity: z.enum(severities).default('medium'),
  query: Query,
  condition: Condition,
  for: duration('0s', '31d').default('0s').meta({
    description: 'How long the condition must hold before it fires',
  }),
  keepFiringFor: duration('0s', '31d').default('5m').meta({
    description: 'How long the condition must not hold before it has recovered',
  }),
  recovery: z
    .union([z.strictObject({ value: amount }), z.strictObject({ values: pair })])
    .nullable()
    .default(null)
    .meta({ description: 'Recovers only beyond this, on the good side of the threshold' }),
  noData: NoData.prefault({}),
  schedule: Hours.nullable().default(null).meta({ description: 'When it may begin to fire' }),
  escalationPolicyId: ids('an escalation policy').nullable().default(null),
  contactPointIds: z
    .array(ids('a contact point'))
    .max(10)
    .refine((them) => new Set(them).size === them.length, { error: 'names one twice' })
    .default([]),
  enabled: z.boolean().default(true),
}

/** A rule as it is evaluated: whole, every default filled in. */
export const Rule = z.strictObject(ruleFields).superRefine(judgeRule)
export type Rule = z.output<typeof Rule>

const isUpward = { gt: true, gte: true, change_pct_gt: true, lt: false, lte: false, change_pct_lt: false } // biome-ignore format: one line

/** A recovery threshold must belong to the condition and lie on its good side. */
function judgeRule(
  { condition, recovery, query }: Pick<Rule, 'condition' | 'recovery' | 'query'>,
  { addIssue }: { addIssue: (issue: { code: 'custom'; path: string[]; message: string }) => void },
): void {
  const refuse = (path: string[], message: string) => addIssue({ code: 'custom', path, message })
  const isGauge = Object.hasOwn(gauges, query.metric)
  if (isGauge && 'compare' in condition) {
    refuse(['condition', 'op'], `${query.metric} is known for now alone: nothing to compare with`)
  }
  const defect = recovery && defectOfRecovery(condition, recovery)
  if (defect) refuse(['recovery'], defect)
}

function defectOfRecovery(
  condition: Condition,
  recovery: NonNullable<Rule['recovery']>,
): string | undefined {
  const { op } = condition
  if (op === 'outside') {
    const inner = 'values' in recovery ? recovery.values : undefined
    const isInside = inner && inner[0] >= condition.values[0] && inner[1] <= condition.values[1]
    return isInside ? undefined : 'must be two numbers inside those of the condition'
  }
  if (!Object.hasOwn(isUpward, op)) return `has no meaning for ${op}`
  if (!('value' in recovery) || !('value' in condition)) return 'must be one number'
  const isGood = isUpward[op as keyof typeof isUpward]
    ? recovery.value <= condition.value
    : recovery.value >= condition.value
  return isGood ? undefined : 'must be on the good side of the threshold'
}
