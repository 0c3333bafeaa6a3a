import { breaker } from '../breaker.ts'
import { tenantCollection } from '../clients/mongo.ts'
import { config } from '../config.ts'
import type { Opened } from '../events/door.ts'
import type { JsonObject } from '../events/json.ts'

/** A raw copy as Mongo keeps it; dates as RFC 3339 until they are written. */
export type RawDocument = {
  _id: string
  venue_id: string
  event_id: string
  event_type: string
  timestamp: string
  received_at: string
  payload: JsonObject
}

type StoredDocument = Omit<RawDocument, 'timestamp' | 'received_at'> & {
  timestamp: Date
  received_at: Date
}

const mongo = breaker(
  'mongo',
  () => config('mongo').MONGO_DEADLINE_MS,
  'raw copies wait in the outbox',
)

/** The raw copy of an event. The fingerprint in its id keeps a conflicting payload apart. */
export function rawDocumentOf(opened: Opened, receivedAt: Date): RawDocument {
  const { event, raw, fingerprint } = opened
  return {
    _id: `${event.venue_id}/${event.event_id}/${fingerprint.slice(0, 16)}`,
    venue_id: event.venue_id,
    event_id: event.event_id,
    event_type: event.type,
    timestamp: event.occurredAt.toISOString(),
    received_at: receivedAt.toISOString(),
    payload: raw,
  }
}

/**
 * Tries to archive a venue's documents within a quarter of a second; false when Mongo did not take
 * them, and then they belong into the outbox.
 */
export async function tryArchive(venueId: string, documents: RawDocument[]): Promise<boolean> {
  return (await mongo(() => archive(venueId, documents))) !== null
}

/** Archives documents, each at most once however often it is tried; throws when Mongo refuses. */
export async function archive(venueId: string, documents: RawDocument[]): Promise<void> {
  const collection = await tenantCollection<StoredDocument>(venueId, 'raw_events')
  await collection.insertMissing(
    documents.map((document) => ({
      ...document,
      timestamp: new Date(document.timestamp),
      received_at: new Date(document.received_at),
      payload: storable(document.payload) as JsonObject,
    })),
  )
}

// Mongo reads a dot in a key as a path and a leading dollar as an operator: look-alikes stand in.
function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/^\$/, '＄').replaceAll('.', '．'),
      storable(inner),
    ]),
  )
}
