import { breaker } from '../breaker.ts'
import { eachOf, item } from '../clients/lists.ts'
import type { Tx } from '../clients/postgres.ts'
import { redis, tenantKey } from '../clients/redis.ts'
import { type Entry, type Measure, measures } from '../ledger/entry.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { businessDayOf } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'

/** A venue's numbers of the running business day, test events left out, as of an ingest. */
export type LiveNumbers = {
  venueId: string
  date: string
  asOf: string
  /** By measure; money by `measure:CURRENCY`. Sums as text, they may exceed 2^53. */
  values: Record<string, string>
}

const money = new Set<Measure>(
  measures.filter((measure) => catalogue.get(measure)?.unit === 'minor'),
)
const keepSeconds = 2 * 24 * 3600
const spared = breaker('redis', 200, 'live numbers wait for the next batch')

/**
 * Reads today's numbers when the entries touch today, else null. They are whole sums, not
 * increments: a lost write is healed by the next, and none is ever counted twice.
 */
export async function readLive(
  tx: Tx,
  venueId: string,
  recordedAt: string,
  settings: Settings,
  entries: Entry[],
): Promise<LiveNumbers | null> {
  const today = businessDayOf(Date.parse(recordedAt), settings)
  const isTouched = entries.some((e) => e.occurredAt >= today.start && e.occurredAt < today.end)
  if (!isTouched) return null
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
       and b.bucket = ${new Date(today.start).toISOString()}::text::timestamptz
       and not s.test_mode
     group by s.currency`
  const values: Record<string, string> = {}
  for (const { currency, sums } of rows) {
    measures.forEach((measure, index) => {
      const value = sums[index] ?? '0'
      if (value === '0') return
      const name = money.has(measure) ? `${measure}:${currency}` : measure
      values[name] = String(BigInt(values[name] ?? '0') + BigInt(value))
    })
  }
  return { venueId, date: today.date, asOf: recordedAt, values }
}

/** Puts the numbers of all venues of a batch in place with one request; a failure is only logged. */
export async function publishLive(numbers: LiveNumbers[]): Promise<void> {
  if (numbers.length === 0) return
  await spared(() => {
    const pipeline = redis().pipeline()
    for (const { venueId, date, asOf, values } of numbers) {
      const pairs = Object.entries(values).flat()
      pipeline.eval(
        replaceIfNewer,
        [tenantKey(venueId, 'live', date)],
        [asOf, String(keepSeconds), ...pairs],
      )
    }
    return pipeline.exec()
  })
}

// Two batches may arrive in the wrong order: the older one changes nothing. `asOf` has a fixed
// width, so the order of its text is the order of time.
const replaceIfNewer = `
local asOf = redis.call('HGET', KEYS[1], 'asOf')
if asOf and asOf >= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'asOf', ARGV[1])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`
