import type { Rule } from './rule.ts'

/** The values of a group by the names of its dimensions; of a rule without groups nothing. */
export type Labels = Record<string, string>

/** What a group of a rule was found to be at a tick. */
export type Point = { labels: Labels } & (
  | {
      kind: 'value'
      value: number
      /** What it is compared with; null where that is not known, left out where nothing is. */
      compared?: number | null
      /** Whether anything at all was counted: else the condition `absent` holds. */
      isThere: boolean
    }
  | { kind: 'none' }
  | { kind: 'error'; reason: string }
)

/** Why an instance fires. */
export type Cause = 'condition' | 'no_data' | 'error'

/**
 * A group as the machine remembers it between ticks; instants in epoch ms.
 *
 *   inactive → pending → firing → recovering → inactive (resolved)
 *
 * `dismissed`: somebody resolved it by hand while the condition held: that must end once (`released`)
 * before it can fire again. A condition with `for: 0s` goes through pending within one tick.
 */
export type GroupState = {
  labels: Labels
  status: 'inactive' | 'pending' | 'firing' | 'recovering' | 'dismissed'
  /** When it came to this status. */
  since: number
  cause: Cause
  /** Ticks at which the condition held since it is no longer inactive. */
  breaches: number
  noDataSince: number | null
  errorSince: number | null
  /** Of which causes it was told that it fires; of each once. */
  told: Cause[]
  value: number | null
  compared: number | null
  /** When anything of the group was last seen; a group unseen for long is forgotten. */
  seenAt: number
}

/** The moment of a tick, and what holds then beside the rule. */
export type Moment = {
  now: number
  /** How long nobody looked, but for the minute before it, ms: of that time nothing is known. */
  unseenMs: number
  /** The venue's zone. */
  timeZone: string
  /** Its data are too old to judge by. */
  isStale: boolean
  /** Whether messages of the group are held back now, by a mute window or a silence. */
  isMuted: (labels: Labels) => boolean
}

/** What happened to a group at a tick, in its order. */
export type Change =
  | { kind: 'pending' | 'dropped' | 'recovering' | 'resumed' | 'resolved' | 'released' }
  | { kind: 'fired' | 'cause_changed'; cause: Cause }

export type Evaluated = {
  state: GroupState
  changes: Change[]
  /** The one message that goes out: that it fires, or that it is over. */
  tell: 'firing' | 'recovered' | null
  /** It held at this tick: counted as a trigger. */
  isBreaching: boolean
}

/**
 * The signature of the machine: pure, total, without a clock. Answers for each group that is known or
 * found; one that is to be forgotten is left out.
 */
export type Evaluate = (
  rule: Rule,
  states: readonly GroupState[],
  points: readonly Point[],
  moment: Moment,
) => Evaluated[]

/** A name for labels that is the same for the same ones, in whatever order. */
export const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)))
