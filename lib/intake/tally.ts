import type { Opened, Refused } from '../events/door.ts'
import { canonicalType } from '../events/registry.ts'

/** Something that came in; by a replay, it came in before. */
type Arrived = Pick<Opened, 'event'> & { replayOf?: string | undefined }
type Turned = Pick<Refused, 'type'> & { code: string; replayOf?: string | undefined }

/** How many events of a type came in, and what became of them; `code` is '' or the reason. */
export type Tally = {
  type: string
  code: string
  counted: number
  known: number
  quarantined: number
  replayed: number
  /** The longest time from `sent_at`, else `occurred_at`, to the count; imports left out, ms. */
  lagMs: number
}

/**
 * What one commit took in, by type and reason. A replay came in when it was first refused: it is
 * told only where it is counted now.
 */
export function tallyOf(
  arrived: { fresh: Arrived[]; known: Arrived[]; refused: Turned[] },
  now: number,
): Tally[] {
  const tallies = new Map<string, Tally>()
  const of = (type: string, code = ''): Tally => {
    const key = `${type} ${code}`
    const none = { type, code, counted: 0, known: 0, quarantined: 0, replayed: 0, lagMs: 0 }
    const tally = tallies.get(key) ?? none
    tallies.set(key, tally)
    return tally
  }
  for (const { event, replayOf } of arrived.fresh) {
    const tally = of(event.type)
    if (replayOf) {
      tally.replayed += 1
      continue
    }
    tally.counted += 1
    tally.lagMs = Math.max(tally.lagMs, lagOf(event, now))
  }
  for (const { event, replayOf } of arrived.known) if (!replayOf) of(event.type).known += 1
  for (const { type, code, replayOf } of arrived.refused) {
    // A type that somebody made up is none: their number has no limit.
    if (!replayOf) of(canonicalType(type ?? '') ?? '', code).quarantined += 1
  }
  return [...tallies.values()]
}

/** The tallies of all types and reasons in one. */
export function totalOf(tallies: Omit<Tally, 'type' | 'code'>[]) {
  const total = { counted: 0, known: 0, quarantined: 0, replayed: 0, lagMs: 0 }
  for (const { counted, known, quarantined, replayed, lagMs } of tallies) {
    total.counted += counted
    total.known += known
    total.quarantined += quarantined
    total.replayed += replayed
    total.lagMs = Math.max(total.lagMs, lagMs)
  }
  return total
}

function lagOf(event: Opened['event'], now: number): number {
  if (event.source === 'import') return 0
  const since = event.sent_at === undefined ? event.occurredAt.getTime() : Date.parse(event.sent_at)
  return Math.max(0, now - since)
}
