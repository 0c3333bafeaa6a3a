import * as z from 'zod'
import { withTenantJob } from '../clients/postgres.ts'
import { classes, classNames, eachClass } from './classes.ts'
import { expiredRows } from './expired.ts'
import { keptByPolicy } from './policy.ts'
import { markSweep } from './store.ts'

const Swept = z.object({
  class: z.enum(classNames),
  keepMonths: z.int(),
  /** What was received before goes. */
  keptSince: z.string(),
  /** Rows that were deleted; by a dry run, rows that would be. */
  count: z.int(),
  /** When the oldest of them was received. */
  oldest: z.string().nullable(),
  /** False: there are more than were counted, or than there was time to delete. */
  isComplete: z.boolean(),
})
export type Swept = z.infer<typeof Swept>

export const Sweep = z.object({ dryRun: z.boolean(), classes: z.array(Swept) }).meta({
  id: 'RetentionRun',
  examples: [
    {
      dryRun: true,
      classes: [
        {
          class: 'rawEvents',
          keepMonths: 25,
          keptSince: '2024-05-01T04:00:00.000Z',
          count: 1204,
          oldest: '2024-03-30T16:00:00.123Z',
          isComplete: true,
        },
      ],
    },
  ],
})
export type Sweep = z.infer<typeof Sweep>

const mostCounted = 1_000_000

/**
 * Deletes what a venue's policy keeps no longer, in small transactions until
 * `endsAt` (of performance.now). One that dies has deleted some; the next goes on, and two at once share
 * the work. A dry run counts. Throws StoreUnavailable; what is deleted by then stays so.
 */
export async function sweepVenue(
  venueId: string,
  now: Date,
  { isDryRun, endsAt }: { isDryRun: boolean; endsAt: number },
): Promise<Sweep> {
  const { keepMonths, keptSince } = await withTenantJob(venueId, async (tx) => {
    const kept = await keptByPolicy(tx, venueId, now)
    const marks = eachClass((name) => kept.keptSince[name].toISOString())
    if (!isDryRun) await markSweep(tx, venueId, marks)
    return kept
  })
  const done: Swept[] = []
  // Class after class: nobody waits for this, and it must leave the stores to those who count.
  for (const name of classNames) {
    const before = keptSince[name]
    const expired = expiredRows(venueId, classes[name].place, before)
    const found = await expired.count(isDryRun ? mostCounted : 1)
    const swept = isDryRun
      ? { count: found.count, isComplete: found.count < mostCounted }
      : await deleteUntil(endsAt, found.count > 0, expired.deleteSome)
    done.push({
      class: name,
      keepMonths: keepMonths[name],
      keptSince: before.toISOString(),
      ...swept,
      oldest: found.oldest?.toISOString() ?? null,
    })
  }
  return { dryRun: isDryRun, classes: done }
}

/** Calls `deleteSome` until it finds nothing more, or time is over. */
export async function deleteUntil(
  endsAt: number,
  isAny: boolean,
  deleteSome: () => Promise<{ deleted: number; isLast: boolean }>,
): Promise<{ count: number; isComplete: boolean }> {
  let count = 0
  let isComplete = !isAny
  // Batch after batch, each committed: that is what keeps them small.
  while (!isComplete && performance.now() < endsAt) {
    const { deleted, isLast } = await deleteSome()
    count += deleted
    isComplete = isLast
  }
  return { count, isComplete }
}
