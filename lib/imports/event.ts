import type { Json, JsonObject } from '../events/json.ts'
import { compileCondition, compileExpression, type Scope } from './expression.ts'
import { quoted, RecordRefused } from './refusal.ts'
import type { ImportMap } from './schema.ts'
import { compileTemplate } from './template.ts'

/** An event of the wire, of which the importer knows the ids. */
export type MappedEvent = JsonObject & { event_id: string; venue_id: string }

type Rule = ImportMap['events'][number]

const venueIdPattern = /^[A-Za-z0-9_-]{1,64}$/
const longestId = 128

// Before every settings change that anybody makes by hand or by message.
const announcedAt = '1970-01-01T00:00:00Z'

/** One rule of the map: whether a record is meant, and the event that it makes of it. */
export function compileEvent({ when, type, ...parts }: Rule) {
  const { occurred_at: occurredAt, event_ref: show, actor, context, data, test_mode } = parts
  const isMeant = when ? compileCondition(when, 'when') : () => true
  const time = compileExpression(occurredAt, 'occurred_at')
  const showOf = show && compileExpression(show, 'event_ref')
  const actorOf = actor && compileExpression(actor, 'actor')
  const contextOf = context && compileExpression(context, 'context')
  const dataOf = compileExpression(data, 'data')

  const make = (scope: Scope, venueId: string): MappedEvent => {
    const ref = showOf?.(scope) as JsonObject | undefined
    // A sale that names no show would be counted, and missed by everybody who looks for it.
    if (showOf && !ref?.event_id) refuse(scope, 'event_ref.event_id', 'is empty')
    const told = { actor: actorOf?.(scope), context: contextOf?.(scope), test_mode }
    return {
      event_id: idOf(scope),
      type,
      version: 1,
      venue_id: venueId,
      occurred_at: time(scope) ?? refuse(scope, 'occurred_at', 'is empty'),
      source: 'import',
      ...(ref && { event_ref: ref }),
      ...present(told),
      data: dataOf(scope) ?? {},
    }
  }
  return { isMeant, make }
}

/** The venue of a record, and the event that makes it known when it is met for the first time. */
export function compileVenue({ venue }: ImportMap, source: string) {
  const id = compileTemplate(venue.id)
  const name = venue.name === undefined ? () => '' : compileTemplate(venue.name)
  const { timezone, currency, day_start } = venue
  const met = new Set<string>()

  const idOfVenue = (scope: Scope): string => {
    const found = id(scope)
    if (venueIdPattern.test(found)) return found
    const reason = found === '' ? 'is empty' : `${quoted(found)} is no id of a venue`
    return refuse(scope, 'venue_id', reason)
  }

  const announce = (venueId: string, scope: Scope): MappedEvent[] => {
    if (met.has(venueId)) return []
    met.add(venueId)
    const named = name(scope)
    return [
      {
        event_id: `${source}:venue:${venueId}`,
        type: 'venue.updated',
        version: 1,
        venue_id: venueId,
        occurred_at: announcedAt,
        source: 'import',
        data: {
          ...(named && { name: named }),
          timezone,
          currency,
          ...(day_start !== undefined && { day_start }),
        },
      },
    ]
  }
  return { idOf: idOfVenue, announce }
}

function idOf(scope: Scope): string {
  return scope.id.length <= longestId
    ? scope.id
    : refuse(scope, 'event_id', `has more than ${longestId} characters`)
}

function refuse(scope: Scope, field: string, reason: string): never {
  throw new RecordRefused(scope.row.line, field, reason)
}

function present(fields: Record<string, Json | undefined>): JsonObject {
  const found = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(found) as JsonObject
}
