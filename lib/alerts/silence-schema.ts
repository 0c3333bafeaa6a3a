import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { Matchers } from './matchers.ts'

const states = ['active', 'pending', 'expired'] as const
const moment = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => Date.parse(text) >= firstMoment && Date.parse(text) < lastMoment, {
    error: 'must be of the years 2000 to 2999',
  })
const firstMoment = Date.parse('2000-01-01T00:00:00Z')
const lastMoment = Date.parse('3000-01-01T00:00:00Z')
const longestMs = 90 * 86_400_000

/** The query of GET V/silences. */
export const SilenceQuery = z.strictObject({
  state: z.enum(states).meta({ description: 'Of this state alone' }).optional(),
  ...pageFields,
})
export type SilenceQuery = z.output<typeof SilenceQuery>

const matchers = Matchers.min(1)
const comment = z.string().trim().min(1).max(2000)
const example = {
  matchers: [{ name: 'label.event', op: 'eq' as const, value: 'e1' }],
  comment: 'The rehearsal has no guests',
}

/** The body that makes a silence. */
export const NewSilence = z
  .strictObject({
    matchers,
    comment,
    startsAt: moment.meta({ description: 'Now, where nothing is said' }).optional(),
    endsAt: moment.meta({ description: 'At most 90 days after its start' }),
  })
  .meta({
    id: 'NewSilence',
    examples: [{ ...example, startsAt: '2099-06-02T16:00:00Z', endsAt: '2099-06-02T20:00:00Z' }],
  })
export type NewSilence = z.output<typeof NewSilence>

/** What is wrong with the end of a silence, asked for at a moment; null: nothing. */
export function defectOfEnd({ startsAt, endsAt }: NewSilence, now: Date): string | null {
  const starts = startsAt === undefined ? now.getTime() : Date.parse(startsAt)
  const ends = Date.parse(endsAt)
  if (ends <= starts) return 'must be after its start'
  if (ends <= now.getTime()) return 'must be to come'
  return ends - starts > longestMs ? 'must be at most 90 days after its start' : null
}

/** A silence as it is told. */
export const Silence = z
  .object({
    id: z.string(),
    matchers,
    comment: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    state: z.enum(states),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .meta({
    id: 'Silence',
    examples: [
      {
        ...{ id: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90', ...example },
        startsAt: '2026-06-02T16:00:00.000000Z',
        ...{ endsAt: '2026-06-02T20:00:00.000000Z', state: 'active' },
        ...{ createdBy: 'u-1', createdAt: '2026-06-02T16:00:00.012345Z' },
      },
    ],
  })
export type Silence = z.output<typeof Silence>

export const SilencePage = z
  .object({ items: z.array(Silence), nextCursor: z.string().nullable() })
  .meta({ id: 'SilencePage' })
