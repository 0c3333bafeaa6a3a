import { rawDocumentOf, tryArchive } from '../archive/archive.ts'
import { withoutTenant } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { totalOf } from '../intake/tally.ts'
import { describeFault, log } from '../log.ts'
import { type Quarantined, rowsOf } from '../quarantine/store.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { type LiveNumbers, publishLive } from '../realtime/live.ts'
import { announceCounted } from '../sockets/announce.ts'
import { insertStrays } from '../strays/store.ts'
import { type Committed, commit, type VenueBatch } from './commit.ts'
import { type Opened, openMessage, type Refused } from './door.ts'
import { postpone, sendAgain } from './give-back.ts'

type Item = { message: Message; one: Opened | Refused }

// What giving a batch back may take when the queue is slow as well, and a little more.
const giveBackMs = 8000

/**
 * A batch of messages from the platform: opened, archived, counted, made live. Only what met a
 * passing failure comes back; what can never be counted is quarantined and acknowledged. A venue
 * whose turn comes when less time is left than it may need comes back untried.
 */
export async function ingest(
  messages: Message[],
  now: Date,
  leftMs: number,
): Promise<BatchOutcome> {
  const { DATABASE_DEADLINE_MS: deadlineMs } = config('postgres')
  const lastStart = performance.now() + leftMs - deadlineMs - giveBackMs
  const { PSEUDONYM_SECRET: secret } = config('privacy')
  const items: Item[] = messages.flatMap((message) =>
    openMessage(message.body, {
      messageId: message.firstId,
      now,
      secret,
      trusted: message.isOurs,
    }).map((one) => ({ message, one })),
  )
  const byVenue = Map.groupBy(items, ({ one }) =>
    one.ok ? one.event.venue_id : (one.venueId ?? ''),
  )
  const counts = { events: items.length, ...totalOf([]) }
  const live: LiveNumbers[] = []
  const watched: { venueId: string; delaySeconds: number }[] = []
  const failed: Item[] = []
  // Venue after venue, each in a transaction of its own: one that fails holds up no other, and a
  // function keeps to one or two connections.
  for (const [venueId, own] of byVenue) {
    if (performance.now() > lastStart) {
      log('error', 'no time left for the events of a venue: they come back', { venue: venueId })
      failed.push(...own)
      continue
    }
    try {
      const done = await (venueId ? countVenue(venueId, own, now) : keepUnattributed(own))
      counts.counted += done.counted
      counts.known += done.known
      counts.quarantined += done.quarantined
      counts.replayed += done.replayed
      counts.lagMs = Math.max(counts.lagMs, done.lagMs)
      if (done.live) live.push(done.live)
      if (done.tellIn !== null) watched.push({ venueId, delaySeconds: done.tellIn })
    } catch (error) {
      log('error', 'events of a venue come back', { venue: venueId, ...describeFault(error) })
      failed.push(...own)
    }
  }
  await Promise.all([publishLive(live), announceCounted(watched)])
  return {
    failed: await giveBack(messages, items, failed),
    counts: { ...counts, venues: byVenue.size },
  }
}

async function countVenue(venueId: string, items: Item[], now: Date): Promise<Committed> {
  const opened = items.flatMap(({ message: { replayOf, traceId }, one }) => {
    return one.ok ? { ...one, replayOf, traceId: one.event.trace_id || traceId } : []
  })
  const refused = refusedOf(items)
  const documents = opened.map((one) => rawDocumentOf(one, now))
  const isArchived = documents.length === 0 || (await tryArchive(venueId, documents))
  const batch: VenueBatch = { venueId, opened, refused, isArchived, receivedAt: now }
  return commit(batch)
}

async function keepUnattributed(items: Item[]): Promise<Committed> {
  const refused = refusedOf(items)
  await withoutTenant((tx) => insertStrays(tx, rowsOf(refused)))
  return { ...totalOf([]), quarantined: refused.length, live: null, tellIn: null }
}

const refusedOf = (items: Item[]): Quarantined[] =>
  items.flatMap(({ message: { replayOf, traceId }, one }) =>
    one.ok ? [] : { ...one, replayOf, traceId: one.traceId ?? traceId },
  )

/**
 * The ids of messages to deliver again. Of an array only the failed events come back, each as a
 * message of its own, sent before the array is acknowledged; when that fails, all of it comes back.
 */
async function giveBack(messages: Message[], items: Item[], failed: Item[]): Promise<string[]> {
  if (failed.length === 0) return []
  const sizes = new Map<Message, number>()
  for (const { message } of items) sizes.set(message, (sizes.get(message) ?? 0) + 1)
  const whole = new Set<Message>()
  const single: Opened[] = []
  const arrays = new Set<Message>()
  for (const { message, one } of failed) {
    // A refusal has no event to send again; its message returns whole, and counts what is known once.
    if (sizes.get(message) === 1 || !one.ok) whole.add(message)
    else {
      single.push(one)
      arrays.add(message)
    }
  }
  const isSent = single.length === 0 || (await sendAgain(single.map((one) => one.raw)))
  if (!isSent) for (const message of arrays) whole.add(message)
  const returned = messages.filter((message) => whole.has(message))
  await postpone(returned)
  return returned.map((message) => message.id)
}
