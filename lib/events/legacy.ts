import { currencyExponent, isCurrency, minorUnits } from './currency.ts'
import { envelopeFields } from './envelope-fields.ts'
import { type Defect, isObject, type Json, type JsonObject } from './json.ts'
import type { EventType } from './registry.ts'
import { majorDefect } from './unsettled.ts'

export type Translated = { ok: true; message: JsonObject } | { ok: false; defect: Defect }

/** Whether the message has the flat form of the old service. */
export const isFlat = (value: JsonObject): boolean =>
  Object.hasOwn(value, 'event_type') && !Object.hasOwn(value, 'type')

/** The flat message of the old service as an envelope of today, under the given id. */
export function translate(flat: JsonObject, type: EventType, id: string): Translated {
  const metadata = flat.metadata ?? {}
  if (!isObject(metadata)) return invalid('metadata', 'must be an object')
  const { event_id, customer_id, user_id, anonymous_id, session_id, ...facts } = idsAsText(metadata)
  const message: JsonObject = {
    ...strangeFields(flat),
    event_id: id,
    type,
    ...present({ venue_id: flat.venue_id, occurred_at: instantText(flat.timestamp) }),
    ...(isGiven(event_id) && { event_ref: { event_id } }),
    actor: present({ customer_id: customer_id ?? user_id, anonymous_id, session_id }),
    ...(typeof flat.test_mode === 'boolean' && { test_mode: flat.test_mode }),
    data: facts,
  }
  if (type === 'ticket.scanned') message.data = { scan_id: id, result: 'ok', ...present(facts) }
  return type === 'order.paid' ? purchase(message, facts, id) : { ok: true, message }
}

/** Where the old message has what a path of the translated one names. */
export function flatPath(path: string): string {
  const renamed: Record<string, string> = {
    occurred_at: 'timestamp',
    type: 'event_type',
    'data.items.0.ticket_type_id': 'metadata.ticket_type',
    'data.items.0.quantity': 'metadata.quantity',
  }
  return renamed[path] ?? path.replace(/^(?:data|actor|event_ref)(?=\.)/, 'metadata')
}

function purchase(message: JsonObject, facts: JsonObject, id: string): Translated {
  const { order_id, ticket_type, quantity, price, amount, currency, items, ...rest } = facts
  const data = { ...rest, order_id: isGiven(order_id) ? order_id : id }
  const line = {
    ticket_type_id: isGiven(ticket_type) ? asText(ticket_type) : 'general',
    quantity: quantityOf(quantity),
  }
  // With both given the line is what was paid; with none the tickets cost nothing.
  const [name, field, value] =
    isGiven(amount) || !isGiven(price)
      ? (['amount', 'amount', amount ?? 0] as const)
      : (['price', 'unit_price', price] as const)
  const times = field === 'unit_price' ? Number(line.quantity) : 1
  const code = typeof currency === 'string' ? currency.trim().toUpperCase() : currency
  const exponent = typeof code === 'string' && isCurrency(code) ? currencyExponent(code) : undefined
  const defect = majorDefect(value === '' ? 0 : value, times, exponent)
  if (defect) return invalid(`metadata.${name}`, defect)
  const decimal = String(value === '' ? 0 : value).trim()
  if (!isGiven(code)) {
    const item = { ...line, [`${field}_major`]: decimal }
    return { ok: true, message: { ...message, legacy: true, data: { ...data, items: [item] } } }
  }
  const item = { ...line, [`${field}_minor`]: Number(minorUnits(decimal, exponent ?? 2)) }
  return { ok: true, message: { ...message, data: { ...data, currency: code, items: [item] } } }
}

function quantityOf(quantity: Json | undefined): Json {
  if (!isGiven(quantity)) return 1
  return typeof quantity === 'string' && /^\d{1,15}$/.test(quantity) ? Number(quantity) : quantity
}

function instantText(timestamp: Json | undefined): Json | undefined {
  if (typeof timestamp !== 'number' || Math.abs(timestamp) > 8.64e15) return timestamp
  return new Date(timestamp).toISOString()
}

const isGiven = (value: Json | undefined): value is Json =>
  value !== undefined && value !== null && value !== ''

const asText = (value: Json): Json => (Number.isSafeInteger(value) ? String(value) : value)

function idsAsText(fields: JsonObject): JsonObject {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key.endsWith('_id') ? asText(value) : value]),
  )
}

function present(fields: Record<string, Json | undefined>): JsonObject {
  const entries = Object.entries(fields).filter(([, value]) => isGiven(value))
  return Object.fromEntries(entries) as JsonObject
}

// What the old service did not define stays in the archive, but is not taken for today's fields.
function strangeFields(flat: JsonObject): JsonObject {
  const entries = Object.entries(flat).filter(([key]) => !taken.has(key))
  return Object.fromEntries(entries)
}

const taken = new Set([
  ...Object.keys(envelopeFields),
  'event_type',
  'timestamp',
  'metadata',
  'version',
  'legacy',
  'data',
])

function invalid(path: string, message: string): Translated {
  return { ok: false, defect: { code: 'invalid', path, message } }
}
