import * as z from 'zod'
import { audienceTypes } from './audience-types.ts'
import { envelopeFields } from './envelope-fields.ts'
import { houseTypes } from './house-types.ts'
import type { JsonObject } from './json.ts'
import { orderTypes } from './order-types.ts'

const definitions = { ...orderTypes, ...houseTypes, ...audienceTypes }

export type EventType = keyof typeof definitions

const common = z.object(envelopeFields)

/** A parsed event of one type: the fields of the wire, and the instant it happened. */
export type EventOf<T extends EventType> = z.output<typeof common> & {
  type: T
  version: 1
  data: z.output<(typeof definitions)[T]['data']>
  occurredAt: Date
}

export type TicketingEvent = { [T in EventType]: EventOf<T> }[EventType]

export const eventTypes = Object.keys(definitions) as EventType[]

/** The names of the old service, understood for ever. */
export const aliases: Readonly<Record<string, EventType>> = {
  ticket_purchase: 'order.paid',
  'ticket-purchase': 'order.paid',
  'ticket.purchased': 'order.paid',
  ticket_scan: 'ticket.scanned',
  'ticket-scan': 'ticket.scanned',
  page_view: 'page.viewed',
  'page-view': 'page.viewed',
  cart_abandonment: 'cart.abandoned',
  'cart-update': 'cart.updated',
  search_query: 'search.performed',
  user_action: 'user.action',
  'venue-update': 'venue.updated',
}

const canonicalNames = new Map<string, EventType>([
  ...eventTypes.map((type) => [type, type] as const),
  ...Object.entries(aliases),
])

/** The name that the type goes by here, or undefined when it is unknown. */
export const canonicalType = (name: string): EventType | undefined => canonicalNames.get(name)

export type RegisteredType = {
  version: 1
  title: string
  data: z.ZodType
  envelope: z.ZodObject
  example: JsonObject
}

/** Every type with its version, its schema and a full example. */
export const registry: ReadonlyMap<EventType, RegisteredType> = new Map(
  eventTypes.map((type) => {
    const { title, data, example } = definitions[type]
    const envelope = z.object({
      ...envelopeFields,
      type: z.literal(type),
      version: z.literal(1).default(1),
      data,
    })
    return [type, { version: 1, title, data, envelope, example: exampleOf(type, example) }]
  }),
)

/** The schema of the whole envelope, by the canonical name of the type or an alias of it. */
export function schemaOf(type: string): z.ZodObject | undefined {
  const canonical = canonicalType(type)
  return canonical && registry.get(canonical)?.envelope
}

let written: Record<EventType, JsonObject> | undefined

/** JSON Schema 2020-12 of the whole envelope, for each type. */
export function jsonSchemas(): Record<EventType, JsonObject> {
  written ??= Object.fromEntries(
    [...registry].map(([type, { title, envelope, example }]) => [
      type,
      { ...z.toJSONSchema(envelope, { io: 'input' }), title, examples: [example] },
    ]),
  ) as unknown as Record<EventType, JsonObject>
  return written
}

/** What the raw archive demands of its documents, for the `validator` of the collection. */
export function mongoValidator() {
  const bsonType = (name: string) => ({ bsonType: name })
  return {
    $jsonSchema: {
      bsonType: 'object',
      required: [
        '_id',
        'venue_id',
        'event_id',
        'event_type',
        'timestamp',
        'received_at',
        'payload',
      ],
      properties: {
        _id: bsonType('string'),
        venue_id: bsonType('string'),
        event_id: bsonType('string'),
        event_type: { bsonType: 'string', enum: [...eventTypes] },
        timestamp: bsonType('date'),
        received_at: bsonType('date'),
        payload: bsonType('object'),
      },
    },
  }
}

function exampleOf(type: EventType, data: object): JsonObject {
  return {
    event_id: `01JZ0000000000000000000${String(eventTypes.indexOf(type)).padStart(3, '0')}`,
    type,
    version: 1,
    venue_id: 'v-palace',
    occurred_at: '2026-06-01T12:00:00-04:00',
    sent_at: '2026-06-01T12:00:01-04:00',
    source: 'checkout',
    event_ref: {
      event_id: 'e1',
      session_id: '2026-07-01T19:30:00',
      starts_at: '2026-07-01T19:30:00-04:00',
      timezone: 'America/New_York',
    },
    actor: { customer_id: 'c-1', anonymous_id: 'a-1', session_id: 's-1', device_id: 'd-1' },
    context: {
      channel: 'online',
      utm: { source: 'newsletter', medium: 'email', campaign: 'summer' },
      referrer: 'https://example.org/',
      country: 'US',
    },
    test_mode: false,
    trace_id: 'trace-1',
    data: data as JsonObject,
  }
}
