import { hash } from 'node:crypto'
import { unwrap } from './envelope.ts'
import { defectOf, isTooDeep } from './gate.ts'
import { defectOfIssue } from './issue.ts'
import { canonicalJson, type Defect, deepJson, isObject, type JsonObject } from './json.ts'
import { flatPath, isFlat, translate } from './legacy.ts'
import { canonicalType, type EventType, schemaOf, type TicketingEvent } from './registry.ts'
import { joiningId, scrub } from './scrub.ts'
import { scrubText, scrubValue } from './scrub-text.ts'
import { instantOf } from './timestamp.ts'
import { isUnsettled, type UnsettledOrder, unsettledOrder } from './unsettled.ts'

export type Opened = {
  ok: true
  index: number
  event: TicketingEvent | UnsettledOrder
  /** Scrubbed, otherwise as received (a flat message: translated); archived and sent again. */
  raw: JsonObject
  fingerprint: string
}

export type Refused = {
  ok: false
  index: number
  venueId?: string
  eventId?: string
  type?: string
  /** The trace that the event names, if it does. */
  traceId?: string
  code: Defect['code']
  path: string
  message: string
  /** The whole message, scrubbed. */
  body: string
  fingerprint: string
}

export type OpenOptions = {
  /** What a flat message, which has no id of its own, is known by. */
  messageId: string
  now: Date
  secret: string
  /** The sender is ourselves, and has scrubbed already. */
  trusted?: boolean
}

const toleranceMs = 5 * 60 * 1000

/** Everything in the body of a queue message, each event opened or refused; never throws. */
export function openMessage(body: string, options: OpenOptions): (Opened | Refused)[] {
  const unwrapped = unwrap(body)
  if (!unwrapped.ok) {
    const { defect, parsed } = unwrapped
    const text = parsed === undefined ? scrubText(body) : cleanText(parsed, options)
    const fingerprint = sha256(text)
    return [
      { ok: false, index: 0, ...readable(parsed, options), ...defect, body: text, fingerprint },
    ]
  }
  return unwrapped.values.map((value, index) => {
    const messageId = unwrapped.isList ? `${options.messageId}:${index}` : options.messageId
    return openEvent(value, { ...options, messageId, index })
  })
}

/** One JSON value as an event that may be counted, or why it may not; never throws. */
export function openEvent(
  value: unknown,
  options: OpenOptions & { index: number },
): Opened | Refused {
  const { index, messageId, now, secret, trusted } = options
  const refuse = (defect: Defect) => refusal(value, defect, options)
  const defect = defectOf(value)
  if (defect) return refuse(defect)
  if (!isObject(value)) return refuse(problem('not_an_event', '', 'must be an object'))

  const flat = isFlat(value)
  const venueId = venueOf(value)
  if (!venueId) return refuse(problem('missing_venue', 'venue_id', venueRule))
  const type = typeOf(value)
  if (!type) return refuse(problem('unknown_type', flat ? 'event_type' : 'type', typeRule))
  if (!flat && (value.version ?? 1) !== 1) {
    return refuse(problem('unknown_version', 'version', 'must be 1'))
  }

  const translated = flat ? translate(value, type, messageId) : undefined
  if (translated?.ok === false) return refuse(translated.defect)
  const raw = scrub(translated?.message ?? { ...value, type }, { secret, venueId, trusted })
  const parsed = (isUnsettled(raw) ? unsettledOrder : schemaOf(type))?.safeParse(raw)
  if (!parsed?.success) {
    const invalid = parsed ? defectOfIssue(parsed.error, raw) : problem('unknown_type', 'type', '')
    return refuse(flat ? { ...invalid, path: flatPath(invalid.path) } : invalid)
  }

  const occurredAt = instantOf(String(raw.occurred_at))
  if (!occurredAt || occurredAt.getTime() > now.getTime() + toleranceMs) {
    const path = flat ? 'timestamp' : 'occurred_at'
    return refuse(problem('occurred_in_future', path, 'must be at most 5 minutes ahead'))
  }
  // The one cast: the schema was chosen by the type, which TypeScript cannot follow.
  const event = { ...parsed.data, occurredAt } as unknown as Opened['event']
  return { ok: true, index, event, raw, fingerprint: fingerprintOf(raw) }
}

/** Equal for equal events, whenever and through whichever door they were sent. */
export function fingerprintOf(raw: JsonObject): string {
  const { sent_at, trace_id, ...lasting } = raw
  return sha256(canonicalJson(lasting))
}

const venueRule = 'must be 1 to 64 letters, digits, _ and -'
const typeRule = 'must be the name of a known type of event'

const sha256 = (text: string): string => hash('sha256', text)

function problem(code: Defect['code'], path: string, message: string): Defect {
  return { code, path, message }
}

function refusal(
  value: unknown,
  defect: Defect,
  options: OpenOptions & { index: number },
): Refused {
  const path = clean(defect.path).slice(0, 200)
  const message = `${path === '' ? 'The event' : path} ${defect.message}.`
  const body = cleanText(value, options)
  const known = readable(value, options)
  const flat = isObject(value) && isFlat(value)
  if (flat) known.eventId = options.messageId
  const { code } = defect
  // Two flat messages may be equal to the letter, and are two events all the same.
  const fingerprint = sha256(flat ? `${options.messageId} ${body}` : body)
  return { ok: false, index: options.index, ...known, code, path, message, body, fingerprint }
}

/** The text of the value as it may be kept, whatever the value is. */
function cleanText(value: unknown, options: OpenOptions): string {
  if (isTooDeep(value)) return scrubText(deepJson(value))
  if (Array.isArray(value)) return `[${value.map((item) => cleanText(item, options)).join(',')}]`
  if (!isObject(value))
    return JSON.stringify(scrub({ value: value as null }, noVenue(options)).value)
  const venueId = venueOf(value)
  // The id of a venue is never altered, but this is none.
  const isStranger = !venueId && typeof value.venue_id === 'string'
  const shown = isStranger ? { ...value, venue_id: scrubValue(String(value.venue_id)) } : value
  return JSON.stringify(scrub(shown, { ...noVenue(options), venueId: venueId ?? '' }))
}

const noVenue = ({ secret, trusted }: OpenOptions) => ({ secret, trusted, venueId: '' })

type Readable = Pick<Refused, 'venueId' | 'eventId' | 'type' | 'traceId'>

function readable(value: unknown, options: OpenOptions): Readable {
  const known: Readable = {}
  if (Array.isArray(value)) {
    const venues = new Set(value.map(venueOf))
    const [venueId] = venues
    return venues.size === 1 && venueId ? { venueId } : known
  }
  if (!isObject(value)) return known
  const venueId = venueOf(value)
  if (venueId) known.venueId = venueId
  const { event_id: eventId } = value
  if (typeof eventId === 'string' && eventId.length <= 128 && eventId !== '') {
    known.eventId = joiningId(storable(eventId), { ...noVenue(options), venueId: venueId ?? '' })
  }
  const type = typeOf(value) ?? value.type ?? value.event_type
  if (typeof type === 'string') known.type = clean(type).slice(0, 128)
  const { trace_id: traceId } = value
  if (typeof traceId === 'string' && traceId.length <= 300) known.traceId = clean(traceId)
  return known
}

const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()
const clean = (text: string): string => scrubValue(storable(text))

function venueOf(value: unknown): string | undefined {
  const venueId = isObject(value) ? value.venue_id : undefined
  return typeof venueId === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(venueId) ? venueId : undefined
}

function typeOf(value: JsonObject): EventType | undefined {
  const name = isFlat(value) ? value.event_type : value.type
  return typeof name === 'string' ? canonicalType(name) : undefined
}
