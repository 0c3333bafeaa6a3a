import * as z from 'zod'
import { Matchers } from './matchers.ts'
import { hours } from './rule.ts'

const name = z.string().trim().min(1).max(200)
const matchers = Matchers.meta({ description: 'Of these alerts alone; none: of every one' })
const sameTime = { path: ['to'], error: 'must not be the time of from' }

const example = {
  name: 'Nights without a show',
  ...{ tz: null, days: ['mon' as const, 'tue' as const], from: '23:00', to: '08:00' },
}

/** The body that makes a mute window. */
export const NewMuteWindow = z
  .strictObject({
    name,
    ...hours,
    matchers: matchers.default([]),
    enabled: z.boolean().default(true),
  })
  .refine(({ from, to }) => from !== to, sameTime)
  .meta({ id: 'NewMuteWindow', examples: [example] })
export type NewMuteWindow = z.output<typeof NewMuteWindow>

/** The body that changes one: what is left out stays. */
export const MuteWindowChange = z
  .strictObject({
    name,
    tz: hours.tz.unwrap(),
    days: hours.days.unwrap(),
    from: hours.from.unwrap(),
    to: hours.to.unwrap(),
    matchers,
    enabled: z.boolean(),
  })
  .partial()
  .meta({ id: 'MuteWindowChange', examples: [{ enabled: false }] })
export type MuteWindowChange = z.output<typeof MuteWindowChange>

/** A mute window as it is told. */
export const MuteWindow = z
  .object({
    id: z.string(),
    name: z.string(),
    ...hours,
    matchers,
    enabled: z.boolean(),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .meta({
    id: 'MuteWindow',
    examples: [
      {
        ...{ id: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90', ...example, matchers: [], enabled: true },
        ...{ createdBy: 'u-1', createdAt: '2026-06-01T20:20:11.012345Z' },
      },
    ],
  })
export type MuteWindow = z.output<typeof MuteWindow>

export const MuteWindowPage = z
  .object({ items: z.array(MuteWindow), nextCursor: z.string().nullable() })
  .meta({ id: 'MuteWindowPage' })
