import { breaker } from '../breaker.ts'
import { redis, tenantKey } from '../clients/redis.ts'
import type { Told } from './channel-store.ts'

const maxLength = 500
const keepSeconds = 300
const spared = breaker('redis', 200, 'sockets that come back begin with the whole state')

/** A change as it was told, for sockets that missed it. */
export type Missed = { seq: number; at: number; text: string }

/**
 * Keeps what was told for sockets that come back: the last 500 changes of each channel, for five
 * minutes; one request a broadcast. A failure is only logged: who comes back gets the whole state.
 */
export async function keepTold(
  venueId: string,
  told: { change: Told; text: string }[],
  now: Date,
): Promise<void> {
  if (told.length === 0) return
  await spared(() => {
    const pipeline = redis().pipeline()
    for (const { change, text } of told) {
      const key = keyOf(venueId, change.channel)
      const entry: Missed = { seq: change.seq, at: now.getTime(), text }
      pipeline.rpush(key, JSON.stringify(entry))
      pipeline.ltrim(key, -maxLength, -1)
      pipeline.expire(key, keepSeconds)
    }
    return pipeline.exec()
  })
}

/**
 * What was told after `fromSeq` until `seq`, without a gap; null where some of it is not known any
 * more.
 */
export async function missedSince(
  venueId: string,
  channel: string,
  { fromSeq, seq }: { fromSeq: number; seq: number },
  now: Date,
): Promise<Missed[] | null> {
  if (fromSeq === seq) return []
  if (fromSeq > seq || seq - fromSeq > maxLength) return null
  const read = await spared(() => redis().lrange(keyOf(venueId, channel), fromSeq - seq, -1))
  const oldest = now.getTime() - keepSeconds * 1000
  const missed = (read?.value ?? [])
    .map((text) => JSON.parse(text) as Missed)
    .filter((one) => one.seq > fromSeq && one.seq <= seq && one.at >= oldest)
  const isWhole =
    missed.length === seq - fromSeq && missed.every((one, i) => one.seq === fromSeq + 1 + i)
  return isWhole ? missed : null
}

const keyOf = (venueId: string, channel: string): string => tenantKey(venueId, 'ws', channel)
