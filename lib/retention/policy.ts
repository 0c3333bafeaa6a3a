import * as z from 'zod'
import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { readVenue } from '../venues/store.ts'
import {
  type Class,
  classes,
  eachClass,
  type KeepMonths,
  keepMonthsOf,
  keptSince,
  leastMonths,
  mostMonths,
} from './classes.ts'
import { readRetention, writePolicy } from './store.ts'

const months = (name: Class) =>
  z
    .int()
    .min(leastMonths, { error: `must be at least ${leastMonths}` })
    .max(mostMonths, { error: `must be at most ${mostMonths}` })
    .meta({ description: `Months after receipt: ${classes[name].what}` })
const example = { keepMonths: keepMonthsOf({}) }

export const Policy = z
  .strictObject({ keepMonths: z.strictObject(eachClass(months)) })
  .meta({ id: 'Retention', examples: [example] })
export type Policy = z.infer<typeof Policy>

export const NewPolicy = z
  .strictObject({
    keepMonths: z.strictObject(
      eachClass((name) =>
        months(name)
          .optional()
          .meta({ description: `Left out: ${classes[name].months}` }),
      ),
    ),
  })
  .meta({ id: 'NewRetention', examples: [example] })
export type NewPolicy = z.infer<typeof NewPolicy>

/** A policy with its revision, which is what an update must name. */
export type Revised = { policy: Policy; revision: number }

/** How long the venue keeps each class; the defaults where nobody has set any. */
export async function readPolicy(venueId: string): Promise<Revised> {
  const { keepMonths, revision } = await readTenant(venueId, (tx) => readRetention(tx, venueId))
  return { policy: { keepMonths: keepMonthsOf(keepMonths) }, revision }
}

/**
 * Replaces the policy if it is still of the revision that `isCurrent` accepts; a class that is left
 * out has its default. The next nightly run deletes by it. Throws a Refusal when it is not.
 */
export async function changePolicy(
  venueId: string,
  userId: string,
  asked: NewPolicy,
  isCurrent: (revision: number) => boolean,
): Promise<Revised> {
  const keepMonths = keepMonthsOf(asked.keepMonths as Partial<KeepMonths>)
  return withTenant(venueId, async (tx) => {
    const { revision } = await readRetention(tx, venueId)
    const isWritten =
      isCurrent(revision) &&
      (await writePolicy(tx, venueId, keepMonths, { revision, by: `user ${userId}` }))
    if (!isWritten) {
      throw new Refusal('precondition_failed', 'The policy was changed since it was read')
    }
    return { policy: { keepMonths }, revision: revision + 1 }
  })
}

/** From when on each class is kept by the policy of today, and what a run before may have deleted. */
export async function keptByPolicy(tx: Tx, venueId: string, now: Date) {
  const { keepMonths: set, deletedBefore } = await readRetention(tx, venueId)
  const { settings } = await readVenue(tx, venueId)
  const keepMonths = keepMonthsOf(set)
  return {
    keepMonths,
    keptSince: eachClass((name) => keptSince(keepMonths[name], settings.timeZone, now)),
    deletedBefore,
  }
}

/**
 * Raw copies received since then are all in the archive, as far as retention goes: none of them is
 * expired, under today's policy or under a shorter one of earlier.
 */
export async function rawKeptSince(venueId: string, now: Date): Promise<Date> {
  return readTenant(venueId, async (tx) => {
    const { keptSince: since, deletedBefore } = await keptByPolicy(tx, venueId, now)
    const deleted = Date.parse(deletedBefore.rawEvents ?? '') || 0
    return new Date(Math.max(since.rawEvents.getTime(), deleted))
  })
}
