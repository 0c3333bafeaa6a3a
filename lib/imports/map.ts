import { compileEvent, compileVenue, type MappedEvent } from './event.ts'
import { compileCondition, type Scope } from './expression.ts'
import { RecordRefused } from './refusal.ts'
import type { ImportMap } from './schema.ts'
import { compileTemplate, type Row } from './template.ts'
import { add, type Decimal, formatDecimal, zero } from './values.ts'

export type Mapped =
  | { kind: 'event'; line: number; event: MappedEvent }
  | { kind: 'refused'; line: number; field: string; reason: string }
  | { kind: 'skipped'; line: number; reason: string }

/** How many amounts were rounded, and by how much in all: rounded less exact, in major units. */
export type Rounding = { currency: string; amounts: number; moved: string }

export type Mapper = {
  /** What becomes of the records so far that this one completes. */
  push: (row: Row) => Mapped[]
  /** What becomes of the last group. */
  end: () => Mapped[]
  rounding: () => Rounding[]
}

const noRule = 'no rule of the map applies'

/**
 * Records to events, by the map. Pure: the same records give the same events with the same ids.
 * It remembers the venues it met and the records of one group, nothing else.
 */
export function createMapper(map: ImportMap, source: string): Mapper {
  const venue = compileVenue(map, source)
  const skips = map.skip.map(({ when, reason }) => ({
    isMeant: compileCondition(when, 'skip'),
    reason,
  }))
  const rules = map.events.map(compileEvent)
  const key = map.groupBy === undefined ? undefined : compileTemplate(map.groupBy)
  const rounding = new Map<string, { amounts: number; moved: Decimal }>()
  let group: { key: string; rows: Row[] } | undefined

  const scopeOf = (rows: Row[], row: Row): Scope => {
    const line = rows[0]?.line ?? row.line
    const { timezone: zone, currency } = map.venue
    return { row, rows, line, source, id: `${source}:${line}`, zone, currency, onRounded: () => {} }
  }

  function mapGroup(rows: Row[]): Mapped[] {
    const skipped: Mapped[] = []
    try {
      const kept = rows.filter((row) => {
        const rule = skips.find(({ isMeant }) => isMeant(scopeOf(rows, row)))
        if (rule) skipped.push(skip(row.line, rule.reason))
        return !rule
      })
      const [first] = kept
      if (!first) return skipped
      // The first record of the group names it, also where that record itself is skipped.
      const made = makeEvents({ ...scopeOf(rows, first), rows: kept })
      if (made.length > 0) return [...skipped, ...made]
      return [...skipped, ...kept.map(({ line }) => skip(line, noRule))]
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error
      const { line, field, message } = error
      return [{ kind: 'refused', line, field, reason: message }]
    }
  }

  function makeEvents(scope: Scope): Mapped[] {
    const rounded: [string, Decimal][] = []
    const meant = rules.filter(({ isMeant }) => isMeant(scope))
    if (meant.length === 0) return []
    const venueId = venue.idOf(scope)
    const events = meant.map(({ make }, index): Mapped => {
      const id = index === 0 ? scope.id : `${scope.id}:${index + 1}`
      const onRounded = (currency: string, moved: Decimal) => rounded.push([currency, moved])
      const event = make({ ...scope, id, onRounded }, venueId)
      return { kind: 'event', line: scope.line, event }
    })
    // Only now: what a refused record would have been rounded by is moved nowhere.
    for (const [currency, moved] of rounded) tally(currency, moved)
    const { line } = scope
    const announced = venue
      .announce(venueId, scope)
      .map((event): Mapped => ({ kind: 'event', line, event }))
    return [...announced, ...events]
  }

  function tally(currency: string, moved: Decimal) {
    const { amounts, moved: before } = rounding.get(currency) ?? { amounts: 0, moved: zero }
    rounding.set(currency, { amounts: amounts + 1, moved: add(before, moved) })
  }

  return {
    push: (row) => {
      if (!key) return mapGroup([row])
      const rowKey = key(scopeOf([row], row))
      if (group?.key === rowKey) {
        group.rows.push(row)
        return []
      }
      const complete = group
      group = { key: rowKey, rows: [row] }
      return complete ? mapGroup(complete.rows) : []
    },
    end: () => {
      const complete = group
      group = undefined
      return complete ? mapGroup(complete.rows) : []
    },
    rounding: () =>
      [...rounding].map(([currency, { amounts, moved }]) => {
        const text = formatDecimal(moved)
        return { currency, amounts, moved: text.startsWith('-') ? text : `+${text}` }
      }),
  }
}

const skip = (line: number, reason: string): Mapped => ({ kind: 'skipped', line, reason })
