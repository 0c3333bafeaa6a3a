import * as z from 'zod'
import { dimensions } from '../ledger/entry.ts'
import { catalogue } from '../metrics/catalogue.ts'
import type { Named } from '../named.ts'
import { gauges } from './gauges.ts'
import { severities } from './rule.ts'

/** What of an alert is matched, by name; labels are those of its groups. */
export type Facts = Record<string, string>

const names = ['alertId', 'name', 'severity', 'metric', ...dimensions.map((one) => `label.${one}`)]

// A name that nothing has would match nothing, or with `neq` everything.
const name = z
  .string()
  .max(64)
  .refine((told) => names.includes(told), { error: `must be one of ${names.join(', ')}` })
  .meta({ description: `One of ${names.join(', ')}`, examples: ['severity'] })
const value = z.string().max(300)

// Of these every value is known: another is a slip, and would match nothing or everything.
const valuesOf: Record<string, readonly string[]> = {
  severity: severities,
  metric: [...catalogue.keys(), ...Object.keys(gauges)],
}

/** A condition on one fact of an alert; what it does not have is the empty text. */
export const Matcher = z
  .discriminatedUnion('op', [
    z.strictObject({ name, op: z.enum(['eq', 'neq']), value }),
    z.strictObject({ name, op: z.enum(['in', 'not_in']), values: z.array(value).min(1).max(200) }),
  ])
  .superRefine((matcher, { addIssue }) => {
    const known = Object.hasOwn(valuesOf, matcher.name) ? valuesOf[matcher.name] : undefined
    for (const [i, told] of toldBy(matcher).entries()) {
      if (!known || known.includes(told)) continue
      const path = 'values' in matcher ? ['values', i] : ['value']
      addIssue({ code: 'custom', path, message: `is no ${matcher.name}: ${told}` })
    }
  })
type Told = { value: string } | { values: string[] }
export type Matcher = z.output<typeof Matcher>

const toldBy = (matcher: Told): string[] => ('values' in matcher ? matcher.values : [matcher.value])

/** The alerts that matchers name, and where. */
export const alertsNamedBy = (matchers: readonly Matcher[]): Named[] =>
  matchers.flatMap((matcher, at) =>
    matcher.name === 'alertId'
      ? toldBy(matcher).map((id, i) => ({
          path: `matchers.${at}.${'values' in matcher ? `values.${i}` : 'value'}`,
          id,
        }))
      : [],
  )

/** All of them must hold. */
export const Matchers = z.array(Matcher).max(20)

/** Whether every matcher holds; without any it does. */
export function matchesAll(matchers: readonly Matcher[], facts: Facts): boolean {
  return matchers.every((matcher) => {
    const fact = Object.hasOwn(facts, matcher.name) ? (facts[matcher.name] ?? '') : ''
    const isAmong = toldBy(matcher).includes(fact)
    return matcher.op === 'eq' || matcher.op === 'in' ? isAmong : !isAmong
  })
}

/** The facts of a group of an alert. */
export function factsOf(
  alert: { alertId: string; name: string; severity: string; metric: string },
  labels: Record<string, string>,
): Facts {
  const { alertId, name: called, severity, metric } = alert
  const told = Object.entries(labels).map(([dimension, label]) => [`label.${dimension}`, label])
  return { ...Object.fromEntries(told), alertId, name: called, severity, metric }
}
