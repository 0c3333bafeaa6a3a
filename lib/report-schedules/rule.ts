import { RRuleTemporal } from 'rrule-temporal'
import { partsOf, RuleError } from './rule-parts.ts'
import { instantOfWall, wallOf } from './wall-clock.ts'

/**
 * A rule that says when a schedule runs. It is reckoned on wall clocks without a zone, as if they were
 * UTC, and only its times are looked up in the zone: a library's own way with zones leaves out the
 * times that a zone skips, and ours are to run after the gap.
 */
export type Rule = {
  /** The next time of the rule after one, by the wall clock (epoch ms as if UTC); null: none. */
  after(wall: number): number | null
  /** The last time at or before one. */
  before(wall: number): number | null
  /** UNTIL, as the clocks show it or as an instant. */
  until: { at: number; isWall: boolean } | null
  /** Whether it has an end. */
  ends: boolean
}

// Measured: what meets these limits does so within 0.7 s (a rule by the hour that never fires).
const limits = { maxIterations: 5000, maxCandidateEvaluations: 5000 }
const longestWaitMs = 10 * 366 * 86_400_000
const farWall = new Date('9000-01-01T00:00:00Z')

/** Reads a rule that starts at `startsAt` ('YYYY-MM-DDTHH:MM'). Throws RuleError where it is none. */
export function readRule(text: string, startsAt: string): Rule {
  const { until, count, ...parts } = partsOf(text)
  const rruleString = `DTSTART:${startsAt.replaceAll(/[-:]/g, '')}00Z\nRRULE:${parts.text}`
  const rule = orRefuse('is no rule of RFC 5545', () => {
    return new RRuleTemporal({ rruleString, strict: true, cache: false, ...limits })
  })
  // Such a rule is stepped through from its start: all of it must be within the limits.
  if (count !== null) orRefuse('has a COUNT that is too far away', () => rule.next(farWall))
  const found = (search: () => { epochMilliseconds: number } | null) => {
    try {
      return search()?.epochMilliseconds ?? null
    } catch {
      return null
    }
  }
  return {
    after: (wall) => found(() => rule.next(new Date(wall))),
    before: (wall) => found(() => rule.previous(new Date(wall), true)),
    until,
    ends: until !== null || count !== null,
  }
}

// What the library says of constraints is good to read; of its limits it speaks to programmers.
function orRefuse<T>(otherwise: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    throw new RuleError(/MUST/.test(message) ? message.replaceAll('MUST', 'must') : otherwise)
  }
}

/** The first run after an instant (epoch ms) by the clocks of a zone; null where none is found. */
export function nextRun(rule: Rule, timeZone: string, after: number): number | null {
  // Times up to this one by the clock are not after the instant. In a repeated hour those that follow
  // may not be either: they had their run when the clock showed them first.
  let wall = rule.after(wallOf(after, timeZone))
  while (wall !== null) {
    const instant = instantOfWall(wall, timeZone)
    if (rule.until && (rule.until.isWall ? wall : instant) > rule.until.at) return null
    if (instant > after) return instant
    wall = rule.after(wall)
  }
  return null
}

/** The last run that is at or before `until`, of those from `first` on, itself a run. */
export function lastRun(rule: Rule, timeZone: string, first: number, until: number): number {
  const end = rule.until?.isWall === false ? Math.min(until, rule.until.at) : until
  const shown = wallOf(end, timeZone)
  const wall = rule.before(rule.until?.isWall ? Math.min(shown, rule.until.at) : shown)
  let last = wall === null ? first : Math.max(first, instantOfWall(wall, timeZone))
  // One of a repeated hour that the clock shows again is later than what the clock shows now.
  for (let at = nextRun(rule, timeZone, last); at !== null && at <= until; ) {
    last = at
    at = nextRun(rule, timeZone, last)
  }
  return last
}

/** As nextRun, for a new rule; throws RuleError where nothing comes within ten years. */
export function firstRun(rule: Rule, timeZone: string, after: number): number {
  const first = nextRun(rule, timeZone, after)
  if (first === null || first - after > longestWaitMs) {
    throw new RuleError('does not fire within ten years')
  }
  return first
}
