import { MongoClient } from 'mongodb'
import { withSql } from '../support/databases.ts'
import type { Sent } from '../support/events.ts'

/**
 * Event by event: each is in the inbox once, and the ledger holds just the entries that it makes by
 * itself. As superuser, whom row security does not blind.
 */
export async function checkLedger(adminUrl: string, events: Sent[]) {
  const rows = await withSql(adminUrl, async (sql) => ({
    inbox: await sql<{ key: string }[]>`select venue_id || '/' || event_id as key from inbox`,
    own: await sql<{ key: string; entries: number }[]>`
      select venue_id || '/' || event_id as key, count(*)::int as entries
        from ledger
       where num_nonnulls(tickets_sold, refunds, chargebacks, scans_accepted, scans_rejected,
                          page_views, searches, carts_abandoned) > 0
       group by venue_id, event_id`,
    sizes: await sql<{ ledger: number; outbox: number; refused: number }[]>`
      select (select count(*) from ledger)::int as ledger,
             (select count(*) from raw_outbox)::int as outbox,
             (select count(*) from quarantine)::int
               + (select count(*) from unattributed_quarantine)::int as refused`,
  }))
  const inbox = countsOf(rows.inbox.map(({ key }) => key))
  const own = new Map(rows.own.map(({ key, entries }) => [key, entries]))
  const sent = new Map(events.map((event) => [keyOf(event), entriesOf(event)]))
  const keys = [...new Set([...sent.keys(), ...inbox.keys(), ...own.keys()])]
  const surplus = (key: string) => ({
    inbox: (inbox.get(key) ?? 0) - (sent.has(key) ? 1 : 0),
    entries: (own.get(key) ?? 0) - (sent.get(key) ?? 0),
  })
  const all = keys.map((key) => ({ key, ...surplus(key) }))
  return {
    inbox: rows.inbox.length,
    lost: all.filter(({ inbox, entries }) => inbox < 0 || entries < 0).map(({ key }) => key),
    double: all.filter(({ inbox, entries }) => inbox > 0 || entries > 0).map(({ key }) => key),
    ...(rows.sizes[0] ?? { ledger: 0, outbox: 0, refused: 0 }),
  }
}

/** Whether nothing waits for the clock: no raw copy in the outbox, no day tier to be made anew. */
export const isCaughtUp = (adminUrl: string): Promise<boolean> =>
  withSql(adminUrl, async (sql) => {
    const waiting = await sql`
      select venue_id from venues where days_stale or archive_behind
      union all (select venue_id from raw_outbox limit 1)`
    return waiting.length === 0
  })

/** The raw copies in Mongo: each event once. */
export async function checkArchive(mongoUri: string, events: Sent[]) {
  const client = await new MongoClient(mongoUri).connect()
  try {
    const documents = await client
      .db()
      .collection('raw_events')
      .find({}, { projection: { venue_id: 1, event_id: 1 } })
      .toArray()
    const copies = countsOf(documents.map((one) => `${one.venue_id}/${one.event_id}`))
    return {
      copies: documents.length,
      copiesMissing: events.filter((event) => !copies.has(keyOf(event))).length,
      copiesTwice: documents.length - copies.size,
    }
  } finally {
    await client.close()
  }
}

const keyOf = (event: Sent) => `${event.venue_id}/${event.event_id}`

function countsOf(keys: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

// The entries of an event alone; those of orders and first entries depend on other events.
function entriesOf({ type, data }: Sent): number {
  const {
    items = [],
    amount_minor = 0,
    outcome,
  } = data as {
    items?: { amount_minor?: number }[]
    amount_minor?: number
    outcome?: string
  }
  switch (type) {
    case 'order.paid':
      return items.length
    case 'refund.completed': {
      const explained = items.reduce((sum, item) => sum + (item.amount_minor ?? 0), 0)
      return items.length + (explained === amount_minor ? 0 : 1)
    }
    case 'chargeback.closed':
      return outcome === 'won' ? 1 : 0
    case 'chargeback.opened':
    case 'ticket.scanned':
    case 'page.viewed':
    case 'search.performed':
    case 'cart.abandoned':
      return 1
    default:
      return 0
  }
}
