import { withJob, withTenantJob } from '../clients/postgres.ts'
import { enqueue } from '../events/queue.ts'
import { describeFault, log } from '../log.ts'
import { abandonmentOf, idleMs, isAbandoned } from './abandonment.ts'
import { closeCarts, forgetCarts, idleCarts, tellsAbandonments, venuesWithCarts } from './store.ts'

/** What is told so much later than it happened comes in any order. */
const lateMs = 3 * 3600_000
const keptMs = 7 * 24 * 3600_000
/** A batch of the queue holds a thousand events. */
const pageSize = 1000
/** How many pages of one venue a sweep takes: a history of carts must not hold up the others. */
const mostPages = 10
/** A sweep by hand has the time of a request. */
const workMs = 20_000

/**
 * Sends `cart.abandoned` through the queue for each cart that nobody touched or paid for half an
 * hour, and forgets carts of last week. What is left for lack of time waits for the next sweep, and
 * so does a venue that fails. Returns counts; throws StoreUnavailable when Postgres is away.
 */
export async function sweepCarts(now: Date): Promise<Record<string, number>> {
  const since = { idle: now.getTime() - idleMs, closed: now.getTime() - keptMs }
  const venues = await withJob((tx) => venuesWithCarts(tx, since))
  const done = { venues: venues.length, carts: 0, abandoned: 0, forgotten: 0, failed: 0 }
  const endsAt = performance.now() + workMs
  // Venue after venue: nobody waits for this, and it must leave the stores to those who count.
  for (const { venueId } of venues) {
    try {
      for (let page = 0; page < mostPages && performance.now() < endsAt; page += 1) {
        const { carts, abandoned } = await sweepPage(venueId, since.idle)
        done.carts += carts
        done.abandoned += abandoned
        if (carts < pageSize) break
      }
      if (performance.now() >= endsAt) break
      const old = { closed: since.closed, limit: pageSize * mostPages }
      done.forgotten += await withTenantJob(venueId, (tx) => forgetCarts(tx, venueId, old))
    } catch (error) {
      done.failed += 1
      log('warn', 'the carts of a venue wait', { venue: venueId, ...describeFault(error) })
    }
  }
  return done
}

// Sent, then marked: a crash between the two sends the same ids again, which count once. No lock is
// held meanwhile, so that a slow queue does not hold up whoever counts.
async function sweepPage(venueId: string, idle: number) {
  const { carts, isTold } = await withTenantJob(venueId, async (tx) => ({
    carts: await idleCarts(tx, venueId, { idle, lateMs, limit: pageSize }),
    isTold: await tellsAbandonments(tx, venueId),
  }))
  const judged = carts.map((cart) => ({ ...cart, isAbandoned: !isTold && isAbandoned(cart) }))
  const abandoned = judged.filter((cart) => cart.isAbandoned)
  if (abandoned.length > 0) await enqueue(abandoned.map((cart) => abandonmentOf(venueId, cart)))
  if (judged.length > 0) await withTenantJob(venueId, (tx) => closeCarts(tx, venueId, judged))
  return { carts: carts.length, abandoned: abandoned.length }
}
