import { rawDocumentOf } from '../archive/archive.ts'
import { insertOutbox } from '../archive/store.ts'
import { isForeignAbandonment } from '../carts/abandonment.ts'
import { cartNewsOf } from '../carts/cart.ts'
import { upsertCarts } from '../carts/store.ts'
import { type Tx, withTenant } from '../clients/postgres.ts'
import { addIntake } from '../intake/store.ts'
import { tallyOf, totalOf } from '../intake/tally.ts'
import { admit, ticketEntryOf } from '../ledger/admissions.ts'
import { book } from '../ledger/book.ts'
import { difference, type Entry } from '../ledger/entry.ts'
import { bookOrder, isAnySplit, type OrderEvent, orderEventOf, orderKey } from '../ledger/orders.ts'
import { lockVenue, readState, type VenueState } from '../ledger/state.ts'
import {
  appendEntries,
  insertInbox,
  insertOrderEvents,
  upsertTicketEntries,
} from '../ledger/store.ts'
import { insertRecorded } from '../own-metrics/store.ts'
import { insertQuarantine, keepAgain, markCounted, type Quarantined } from '../quarantine/store.ts'
import { type LiveNumbers, readLive } from '../realtime/live.ts'
import { keepInventory, keepTold } from '../reconciliation/store.ts'
import { inventoryOf, toldCountsOf } from '../reconciliation/told.ts'
import { showNewsOf } from '../shows/schema.ts'
import { upsertShows } from '../shows/store.ts'
import { isDataError } from '../sql-state.ts'
import { businessDayOf } from '../time/periods.ts'
import {
  isLater,
  latestChange,
  type Settings,
  sameDays,
  settingsChangeOf,
} from '../venues/settings.ts'
import { sourcesAfter } from '../venues/sources.ts'
import { touchVenue, writeSettings } from '../venues/store.ts'
import type { Opened } from './door.ts'
import { settleCurrency } from './unsettled.ts'

/** An event as it came: perhaps by a replay of a row in quarantine, on some trace. */
export type Arrived = Opened & { replayOf?: string | undefined; traceId: string }

/** One venue's share of a batch. */
export type VenueBatch = {
  venueId: string
  opened: Arrived[]
  refused: Quarantined[]
  /** False when the archive did not take the raw copies: they go into the outbox. */
  isArchived: boolean
  receivedAt: Date
}

export type Committed = {
  counted: number
  known: number
  quarantined: number
  /** Counted by a replay, and not told in the others. */
  replayed: number
  lagMs: number
  live: LiveNumbers | null
  /** In how many seconds the venue's sockets are to be told; null where they need not. */
  tellIn: number | null
}

/**
 * The commit point: counts a venue's events in one transaction, in a number of statements that
 * does not depend on how many there are. Before it everything may be repeated; after it everything
 * can be rebuilt. What Postgres refuses as data is found by halving and quarantined alone.
 */
export async function commit(batch: VenueBatch): Promise<Committed> {
  try {
    return await withTenant(batch.venueId, (tx) => count(tx, batch))
  } catch (error) {
    if (!isDataError(error)) throw error
    const { opened } = batch
    const [only] = opened
    if (opened.length <= 1) {
      if (!only) throw error
      const refused = [...batch.refused, refusedByStore(only)]
      return commit({ ...batch, opened: [], refused })
    }
    const middle = Math.ceil(opened.length / 2)
    const first = await commit({ ...batch, opened: opened.slice(0, middle) })
    const second = await commit({ ...batch, opened: opened.slice(middle), refused: [] })
    return {
      counted: first.counted + second.counted,
      known: first.known + second.known,
      quarantined: first.quarantined + second.quarantined,
      replayed: first.replayed + second.replayed,
      lagMs: Math.max(first.lagMs, second.lagMs),
      live: second.live ?? first.live,
      tellIn: first.tellIn ?? second.tellIn,
    }
  }
}

async function count(tx: Tx, batch: VenueBatch): Promise<Committed> {
  const { venueId } = batch
  await lockVenue(tx, venueId)
  const state = await readState(tx, venueId, questionsOf(batch.opened))
  const { fresh, known, conflicts } = sift(batch.opened, state.counted)
  const told = fresh.map(({ event }) => event)
  const { settings, daysStale } = await settle(tx, venueId, told, state)
  // After the settings: a batch that tells the venue's currency may hold prices in it.
  const events = told.map((event) => settleCurrency(event, settings.currency))
  const facts = events.flatMap((event) => orderEventOf(event) ?? [])
  const admission = admit(
    state.ticketEntries,
    events.flatMap((event) => ticketEntryOf(event) ?? []),
  )
  const entries = [
    ...events.flatMap(book),
    ...ordersChanged(state.orderEvents, facts),
    ...difference(admission.before, admission.entries),
  ]
  const news = showNewsOf(events)
  const recorded = events.filter((event) => event.type === 'metric.recorded')
  const counts = toldCountsOf(events)
  const inventory = inventoryOf(events)
  const carts = cartNewsOf(events)
  const refused = [...batch.refused, ...conflicts]
  const unarchived = batch.isArchived
    ? []
    : batch.opened.map((opened) => rawDocumentOf(opened, batch.receivedAt))
  const { recordedAt } = state
  const tallies = tallyOf({ fresh, known, refused }, batch.receivedAt.getTime())
  const replayed = [...fresh, ...known].flatMap(({ replayOf }) => replayOf ?? [])
  const again = refused.filter(({ replayOf }) => replayOf)
  const first = refused.filter(({ replayOf }) => !replayOf)

  const inbox = fresh.map(({ event, fingerprint }) => ({ eventId: event.event_id, fingerprint }))
  const isTouched = fresh.length > 0 || unarchived.length > 0
  // Sent together: the connection carries them in order, so they cost one round trip.
  const [tellIn] = await Promise.all([
    isTouched
      ? touchVenue(tx, venueId, recordedAt, {
          daysStale,
          archiveBehind: unarchived.length > 0,
          splitOrders: isAnySplit([...state.orderEvents, ...facts]),
          sources: sourcesAfter(state.sources, events, recordedAt),
          tellsAbandonments: events.some(isForeignAbandonment),
        })
      : null,
    inbox.length && insertInbox(tx, venueId, inbox, recordedAt),
    entries.length && appendEntries(tx, venueId, entries, recordedAt, daysStale ? null : settings),
    facts.length && insertOrderEvents(tx, venueId, facts, recordedAt),
    admission.firsts.length && upsertTicketEntries(tx, venueId, admission.firsts),
    news.length && upsertShows(tx, venueId, news),
    counts.length && keepTold(tx, venueId, counts),
    inventory.length && keepInventory(tx, venueId, inventory, recordedAt),
    recorded.length && insertRecorded(tx, venueId, recorded, recordedAt),
    carts.length && upsertCarts(tx, venueId, carts, recordedAt),
    unarchived.length && insertOutbox(tx, venueId, unarchived, recordedAt),
    first.length && insertQuarantine(tx, venueId, first),
    again.length && keepAgain(tx, venueId, again),
    replayed.length && markCounted(tx, venueId, replayed),
    tallies.length && addIntake(tx, venueId, tallies, recordedAt),
  ])
  // Also where no entry is of today: what Redis holds is only read as of the last ingest.
  const today = businessDayOf(Date.parse(recordedAt), settings)
  const live = isTouched && !daysStale ? await readLive(tx, venueId, today, recordedAt) : null
  return { ...totalOf(tallies), live, tellIn }
}

function questionsOf(opened: Opened[]) {
  const orders = new Set<string>()
  const tickets = new Map<string, [string, string]>()
  for (const { event } of opened) {
    if (event.type === 'order.paid' || event.type === 'order.cancelled') {
      orders.add(event.data.order_id)
    }
    if (event.type === 'ticket.scanned' && event.data.ticket_id) {
      const pair: [string, string] = [event.event_ref?.event_id ?? '', event.data.ticket_id]
      tickets.set(JSON.stringify(pair), pair)
    }
  }
  const eventIds = [...new Set(opened.map(({ event }) => event.event_id))]
  return { eventIds, orderIds: [...orders], tickets: [...tickets.values()] }
}

/** Parts the new from the known; the first of two payloads under one id is the one that counts. */
function sift(opened: Arrived[], counted: Map<string, string>) {
  const seen = new Map(counted)
  const fresh: Arrived[] = []
  const known: Arrived[] = []
  const conflicts: Quarantined[] = []
  for (const one of opened) {
    const before = seen.get(one.event.event_id)
    if (before === undefined) {
      seen.set(one.event.event_id, one.fingerprint)
      fresh.push(one)
    } else if (before === one.fingerprint) known.push(one)
    else conflicts.push(conflicting(one))
  }
  return { fresh, known, conflicts }
}

async function settle(tx: Tx, venueId: string, events: Opened['event'][], state: VenueState) {
  const changes = events.flatMap((e) => (e.type === 'venue.updated' ? settingsChangeOf(e) : []))
  const change = latestChange(changes)
  let settings: Settings = state.settings
  let { daysStale } = state
  if (change && isLater(change, state)) {
    settings = change.settings
    daysStale ||= state.hasEntries && !sameDays(settings, state.settings)
    const settled = {
      at: new Date(change.settledAt).toISOString(),
      by: change.settledBy,
      makesDaysStale: daysStale,
    }
    await writeSettings(tx, venueId, settings, settled)
  }
  return { settings, daysStale }
}

function ordersChanged(known: OrderEvent[], arrived: OrderEvent[]): Entry[] {
  const before = Map.groupBy(known, orderKey)
  const touched = Map.groupBy(arrived, orderKey)
  return [...touched].flatMap(([key, facts]) => {
    const old = before.get(key) ?? []
    return difference(bookOrder(old), bookOrder([...old, ...facts]))
  })
}

const quarantinedOf = ({ event, raw, fingerprint, replayOf, traceId }: Arrived) => ({
  eventId: event.event_id,
  type: event.type,
  fingerprint,
  replayOf,
  traceId,
  body: JSON.stringify(raw),
})

const conflicting = (one: Arrived): Quarantined => ({
  ...quarantinedOf(one),
  code: 'conflicting_payload',
  path: 'event_id',
  message: 'An event of this id with another payload is counted already.',
})

const refusedByStore = (one: Arrived): Quarantined => ({
  ...quarantinedOf(one),
  code: 'refused_by_store',
  path: '',
  message: 'The ledger cannot hold a value of this event.',
})
