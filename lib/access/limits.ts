import { createHash } from 'node:crypto'
import { breaker } from '../breaker.ts'
import { redis, tenantKey } from '../clients/redis.ts'
import { config } from '../config.ts'
import { type Caller, holds } from './grants.ts'

/** One minute of one kind of requests: of a token, or of all tokens of a venue. */
type Budget = { key: string; limit: number }
/** What this instance has let pass: reported to the shared counter, on its way there, or neither. */
type Count = { shared: number; reporting: number; unreported: number }

export type Asking = { token: string; caller: Caller; routeKey: string; venueId: string }
/** What the answer tells of the limit; `retryAfter` in seconds where the request is one too many. */
export type Counted = { rateLimit: string; ratePolicy: string; retryAfter?: number }

const windowMs = 60_000
const tokensPerVenue = 5
const spared = breaker('redis', 200, 'requests are counted by each instance alone for now')
let window = 0
let counts = new Map<string, Count>()

/**
 * Counts a request against the minute of its token, and of its venue, which has five times as much.
 *
 * An instance counts by itself and reports to the shared counter after each hundredth of a limit,
 * in one round trip, and learns there what the others have let pass. So one request in a hundred or
 * so waits for Redis (200 ms at most, none while it is away), and a limit is passed by no more than
 * a hundredth for each instance. A round trip for each request would cost every caller its latency
 * to stop the few who have none to lose.
 */
export async function countRequest(asking: Asking, now: Date): Promise<Counted> {
  const current = Math.floor(now.getTime() / windowMs)
  if (current !== window) counts = new Map()
  window = current
  const kind = kindOf(asking.routeKey)
  const limit = limitOf(kind)
  const budgets = budgetsOf(asking, kind, limit)
  const resetSeconds = Math.ceil(((current + 1) * windowMs - now.getTime()) / 1000)
  const left = () => Math.min(...budgets.map((one) => one.limit - usedOf(countOf(one.key))))
  const isOver = left() <= 0
  if (!isOver) {
    for (const { key } of budgets) countOf(key).unreported += 1
    await report(budgets)
  }
  return {
    rateLimit: `"${kind}";r=${Math.max(0, left())};t=${resetSeconds}`,
    ratePolicy: `"${kind}";q=${limit};w=${windowMs / 1000}`,
    ...(isOver && { retryAfter: resetSeconds }),
  }
}

type Kind = 'reads' | 'writes' | 'ingest'

function kindOf(routeKey: string): Kind {
  if (routeKey === 'POST /v1/ingest/events') return 'ingest'
  return /^(GET|HEAD) |\/query$/.test(routeKey) ? 'reads' : 'writes'
}

function limitOf(kind: Kind): number {
  const { READS_PER_MINUTE, WRITES_PER_MINUTE, INGESTS_PER_MINUTE } = config('limits')
  return { reads: READS_PER_MINUTE, writes: WRITES_PER_MINUTE, ingest: INGESTS_PER_MINUTE }[kind]
}

function budgetsOf({ token, caller, venueId }: Asking, kind: Kind, limit: number): Budget[] {
  const name = createHash('sha256').update(token).digest('base64url').slice(0, 22)
  const own = { key: `rate:${kind}:${name}:${window}`, limit }
  // Only of a venue that the token names: nobody uses up what is another's.
  const venue = caller.ingestVenue ?? (holds(caller, venueId, 'viewer') ? venueId : undefined)
  if (venue === undefined) return [own]
  const key = tenantKey(venue, 'rate', kind, String(window))
  return [own, { key, limit: limit * tokensPerVenue }]
}

async function report(budgets: Budget[]): Promise<void> {
  const isDue = ({ key, limit }: Budget) => countOf(key).unreported >= Math.ceil(limit / 100)
  if (!budgets.some(isDue)) return
  const news = budgets.map(({ key }) => {
    const count = countOf(key)
    return { key, count, added: count.unreported }
  })
  for (const { count, added } of news) {
    count.unreported -= added
    count.reporting += added
  }
  const told = await spared(() => {
    const together = redis().multi()
    for (const { key, added } of news) {
      together.incrby(key, added)
      together.expire(key, (2 * windowMs) / 1000)
    }
    return together.exec()
  })
  const totals = told?.value as unknown[] | undefined
  news.forEach(({ count, added }, i) => {
    count.reporting -= added
    if (totals) count.shared = Math.max(count.shared, Number(totals[2 * i]))
    else count.unreported += added
  })
}

const usedOf = ({ shared, reporting, unreported }: Count): number => shared + reporting + unreported

function countOf(key: string): Count {
  const known = counts.get(key)
  if (known) return known
  const fresh = { shared: 0, reporting: 0, unreported: 0 }
  counts.set(key, fresh)
  return fresh
}
