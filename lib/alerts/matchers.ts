import * as z from 'zod'

const name = z
  .string()
  .min(1)
  .max(64)
  .meta({
    description: 'alertId, name, severity, metric, or of a group label.event and the like',
    examples: ['label.event'],
  })
const value = z.string().max(300)

/** Conditions on what fires: all of them must hold. */
export const Matchers = z
  .array(
    z.discriminatedUnion('op', [
      z.strictObject({ name, op: z.enum(['eq', 'neq']), value }),
      z.strictObject({
        name,
        op: z.enum(['in', 'not_in']),
        values: z.array(value).min(1).max(200),
      }),
    ]),
  )
  .max(20)
export type Matchers = z.output<typeof Matchers>
export type Matcher = Matchers[number]

/** Whether all conditions hold of named facts; what a fact does not say is the empty text. */
export const matchesAll = (
  matchers: readonly Matcher[],
  facts: Readonly<Record<string, string>>,
): boolean =>
  matchers.every((matcher) => {
    const fact = Object.hasOwn(facts, matcher.name) ? (facts[matcher.name] ?? '') : ''
    const values = 'values' in matcher ? matcher.values : [matcher.value]
    return values.includes(fact) === (matcher.op === 'eq' || matcher.op === 'in')
  })
