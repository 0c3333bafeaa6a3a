import { createHash } from 'node:crypto'
import { breaker } from '../breaker.ts'
import { redis, redisDeadlineMs, tenantKey } from '../clients/redis.ts'
import { config } from '../config.ts'
import type { VenueRow } from '../venues/store.ts'
import type { Numbers, Value } from './answer.ts'
import type { Span } from './plan.ts'
import type { Question } from './question.ts'

/** What an answer took from Redis, what it did not find there, and what it will leave. */
export type Kept = { hits: number; misses: number; waiting: Map<string, string> }

export const nothingKept = (): Kept => ({ hits: 0, misses: 0, waiting: new Map() })

/** Whether an answer came from what was kept; null where none of its questions is worth it. */
export const isHit = ({ hits, misses }: Kept): boolean | null =>
  hits + misses === 0 ? null : misses === 0

const mostLetters = 250_000
const spared = breaker('redis', redisDeadlineMs, 'dear answers are computed')
const dayMs = 86_400_000
const mostMs: Record<Span['source'], number> = {
  ledger: 2 * dayMs,
  quarter: 2 * dayMs,
  day: 100 * dayMs,
}

/**
 * Whether summing along a plan costs more than asking Redis. Measured at 300,000 events in two
 * years through the handler, computed and from Redis, on a machine that did other things too: 30
 * days by hour 14 and 9 ms, as of a week ago 14 and 5, two years by day 58 and 9. What does not pay
 * is left out: 30 days by day 8 ms in all, a day by minute 11 either way, most of it to write 1,440
 * points. What looks at lines is always dear: buyers of two years 334 and 5 ms, orders by ticket
 * type 36 and 7.
 */
export const isDear = (plan: Span[]): boolean =>
  plan.some(({ source, from, to }) => to - from > mostMs[source])

/**
 * The numbers of a question as they were computed before at the same state of the venue, or anew.
 * The state is that of the snapshot in Postgres: every ingest moves `lastRecordedAt` and every change
 * of settings the revision in the transaction that changes a number, so that what is kept under
 * them is right whatever else happens. The key is made of the whole question.
 */
export async function keptNumbers(
  kept: Kept,
  { venueId, venue }: { venueId: string; venue: VenueRow },
  question: Question,
  compute: () => Promise<Numbers>,
): Promise<Numbers> {
  const state = `${venue.lastRecordedAt ?? ''} ${venue.revision}`
  const digest = createHash('sha256').update(JSON.stringify(question)).digest('base64url')
  const key = tenantKey(venueId, 'numbers', state, digest)
  const found = await spared(() => redis().get<string>(key))
  const known = found?.value ? decoded(found.value) : null
  if (known) {
    kept.hits += 1
    return known
  }
  kept.misses += 1
  const numbers = await compute()
  const text = encoded(numbers)
  if (found && text.length <= mostLetters) kept.waiting.set(key, text)
  return numbers
}

/** Leaves what was computed in Redis, with one request; a failure is only logged. */
export async function keep({ waiting }: Kept): Promise<void> {
  if (waiting.size === 0) return
  await spared(() => {
    const pipeline = redis().pipeline()
    for (const [key, text] of waiting) {
      pipeline.set(key, text, { ex: config('cache').METRICS_TTL_SECONDS })
    }
    return pipeline.exec()
  })
}

type Packed = null | string | [of: string, per: string]
type PackedGroup = [key: (string | null)[], points: [number, Packed][], total: Packed]

function encoded({ keys, groups, total }: Numbers): string {
  const packed = groups.map((group): PackedGroup => {
    const points = [...group.points].map(([at, value]): [number, Packed] => [at, packedOf(value)])
    return [group.key, points, packedOf(group.total)]
  })
  return JSON.stringify([keys, packed, packedOf(total)])
}

function decoded(text: string): Numbers | null {
  try {
    const [keys, packed, total] = JSON.parse(text) as [Numbers['keys'], PackedGroup[], Packed]
    const groups = packed.map(([key, points, own]) => ({
      key,
      points: new Map(points.map(([at, value]) => [at, unpacked(value)])),
      total: unpacked(own),
    }))
    return { keys, groups, total: unpacked(total) }
  } catch {
    return null // nothing of ours: it is computed, and replaced
  }
}

function packedOf(value: Value): Packed {
  if (value === null) return null
  return typeof value === 'bigint' ? String(value) : [String(value.of), String(value.per)]
}

function unpacked(packed: Packed): Value {
  if (packed === null) return null
  if (typeof packed === 'string') return BigInt(packed)
  return { of: BigInt(packed[0]), per: BigInt(packed[1]) }
}
