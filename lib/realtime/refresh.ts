import { readTenant, withJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { businessDayOf } from '../time/periods.ts'
import { readVenue } from '../venues/store.ts'
import { type LiveNumbers, liveMoments, publishLive, readLive } from './live.ts'
import { clocksOfLately } from './store.ts'

/** Numbers of so many venues travel to Redis together. */
const together = 50

/**
 * Puts the live numbers of the running day in place for venues where Redis has lost them or never
 * had them, and that recorded anything in the last two days. Returns of how many. Until then, and
 * for a venue that fails, numbers come from Postgres.
 */
export async function refreshLive(now: Date): Promise<number> {
  const venues = (await withJob(clocksOfLately)).map(
    ({ venueId, lastRecordedAt, ...calendar }) => ({
      venueId,
      lastRecordedAt,
      day: businessDayOf(now.getTime(), calendar),
    }),
  )
  const moments = await liveMoments(venues)
  if (!moments) return 0
  const behind = venues.filter(({ lastRecordedAt }, i) => moments[i] !== lastRecordedAt)
  let refreshed = 0
  // Group after group: nobody waits for this, and it must leave the stores to those who count.
  for (let at = 0; at < behind.length; at += together) {
    const numbers: LiveNumbers[] = []
    for (const { venueId } of behind.slice(at, at + together)) {
      const own = await numbersOf(venueId, now)
      if (own) numbers.push(own)
    }
    if (!(await publishLive(numbers))) return refreshed
    refreshed += numbers.length
  }
  return refreshed
}

async function numbersOf(venueId: string, now: Date): Promise<LiveNumbers | null> {
  try {
    // One snapshot: the sums and the moment they are of must belong together.
    return await readTenant(venueId, async (tx) => {
      const { settings, daysStale, lastRecordedAt } = await readVenue(tx, venueId)
      if (daysStale || !lastRecordedAt) return null
      return readLive(tx, venueId, businessDayOf(now.getTime(), settings), lastRecordedAt)
    })
  } catch (error) {
    log('warn', 'live numbers wait for the next tick', { venue: venueId, ...describeFault(error) })
    return null
  }
}
