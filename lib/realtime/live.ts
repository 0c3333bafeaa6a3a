import { breaker } from '../breaker.ts'
import { eachOf, item } from '../clients/lists.ts'
import type { Tx } from '../clients/postgres.ts'
import { redis, redisDeadlineMs, tenantKey } from '../clients/redis.ts'
import { config } from '../config.ts'
import { measures } from '../ledger/entry.ts'
import { type Sums, sumsOf } from '../metrics/sums.ts'
import type { BusinessDay } from '../time/periods.ts'

/** A day of a venue's clock, [start, end) in epoch ms. Two clocks that cut it alike share it. */
type Day = Pick<BusinessDay, 'start' | 'end'>

/** A venue's numbers of one business day, test events left out, as of an ingest. */
export type LiveNumbers = { venueId: string; day: Day; asOf: string; sums: Sums }

const writing = breaker('redis', redisDeadlineMs, 'live numbers wait for the next batch')
const reading = breaker('redis', redisDeadlineMs, 'live numbers are read from Postgres')

/** Reads a day's numbers. They are whole sums, not increments: none is ever counted twice. */
export async function readLive(
  tx: Tx,
  venueId: string,
  day: Day,
  asOf: string,
): Promise<LiveNumbers> {
  const rows = await tx<{ currency: string | null; sums: (string | null)[] }[]>`
    select s.currency, json_build_array(${eachOf(tx, measures)`sum(b.${item})::text`}) as sums
      from buckets b
     cross join lateral (
           select currency, test_mode
             from series
            where venue_id = ${venueId}
              and series_id = b.series_id
            limit 1) s
     where b.venue_id = ${venueId}
       and b.tier = 'day'
       and b.bucket = ${new Date(day.start).toISOString()}::text::timestamptz
       and not s.test_mode
     group by s.currency`
  const sums = sumsOf(
    rows.map((row) => ({
      currency: row.currency,
      sums: row.sums.map((sum) => (sum === null ? null : BigInt(sum))),
    })),
  )
  return { venueId, day, asOf, sums }
}

/**
 * Puts the numbers of several venues in place with one request; false, and only logged, when Redis
 * did not take them.
 */
export async function publishLive(numbers: LiveNumbers[]): Promise<boolean> {
  if (numbers.length === 0) return true
  const done = await writing(() => {
    const { REALTIME_TTL_SECONDS: ttlSeconds } = config('cache')
    const pipeline = redis().pipeline()
    for (const { venueId, day, asOf, sums } of numbers) {
      const pairs = [...sums].flatMap(([name, sum]) => [name, String(sum)])
      pipeline.eval(replaceIfNewer, [keyOf(venueId, day)], [asOf, String(ttlSeconds), ...pairs])
    }
    return pipeline.exec()
  })
  return done !== null
}

/** The sums of a day where Redis holds them as of that very ingest, else null. */
export async function fetchLive(venueId: string, day: Day, asOf: string): Promise<Sums | null> {
  // Uncut by the client: names and values in turn.
  const found = await reading(
    () => redis().hgetall(keyOf(venueId, day)) as unknown as Promise<string[] | null>,
  )
  const flat = found?.value ?? []
  const fields = new Map(flat.flatMap((name, i) => (i % 2 ? [] : [[name, flat[i + 1] ?? '']])))
  const isOfThen = fields.get('asOf') === asOf
  fields.delete('asOf')
  const isWhole = [...fields.values()].every((sum) => /^-?\d+$/.test(sum))
  if (!isOfThen || !isWhole) return null
  return new Map([...fields].map(([name, sum]) => [name, BigInt(sum)]))
}

/** Of which ingest the days in Redis are, in the order asked; null where there is none. */
export async function liveMoments(
  days: { venueId: string; day: Day }[],
): Promise<(string | null)[] | null> {
  if (days.length === 0) return []
  const found = await writing(() => {
    const pipeline = redis().pipeline()
    for (const { venueId, day } of days) pipeline.hget(keyOf(venueId, day), 'asOf')
    return pipeline.exec<(string | null)[]>()
  })
  return found?.value ?? null
}

const keyOf = (venueId: string, { start, end }: Day): string =>
  tenantKey(venueId, 'live', String(start), String(end))

// Two batches may arrive in the wrong order: the older one changes nothing. `asOf` has a fixed
// width, so the order of its text is the order of time. Of one ingest the numbers are the same,
// unless they were mended since.
const replaceIfNewer = `
local asOf = redis.call('HGET', KEYS[1], 'asOf')
if asOf and asOf > ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'asOf', ARGV[1])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`
