import * as z from 'zod'

const name = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'The name of a label', examples: ['event'] })
const value = z.string().max(300)

/** Conditions on the labels of what fires: all of them must hold. */
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
