import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, whoHeard, writeMessages } from '../messages/write.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { durationMs } from './duration.ts'
import { noteTold, type Plan, type Policy, planSteps, readPolicies } from './escalation-store.ts'
import { type Gauge, gauges } from './gauges.ts'
import type { Severity } from './rule.ts'
import type { GroupState, Labels } from './state.ts'
import { changeText, currencyOf, thresholdText } from './threshold.ts'
import type { EnabledRule } from './tick-store.ts'

/** All that is told of alerts and due at once goes as one message to a contact point. */
const groupKey = 'alerts'

export type Telling = {
  kind: 'firing' | 'recovered'
  instanceId: string
  /** The steps of its policy that were done. */
  stepsDone: number
  /** Somebody was told before that it fires, of another cause. */
  wasTold: boolean
  rule: EnabledRule
  state: GroupState
  /** Why it cannot be measured. */
  fault: string | null
}

/** What was written to be told, and the instances of which somebody is told later, by a step. */
export type Told = { written: Written[]; waiting: Set<string> }

/**
 * Writes the messages that instances fire or have recovered. Those of a policy follow by its steps; who
 * was told that it fires is told that it is over, whomever the rule names by then. Where the policy
 * wants time between the messages of an alert, what fires meanwhile is told together when that is over.
 */
export async function tell(
  tx: Tx,
  venueId: string,
  tick: Date,
  tellings: Telling[],
): Promise<Told> {
  const policyIds = tellings.flatMap(({ rule }) => rule.rule.escalationPolicyId ?? [])
  const read = policyIds.length > 0 ? await readPolicies(tx, venueId, policyIds) : []
  const policies = new Map(read.map((policy) => [policy.id, policy]))
  const policyOf = ({ rule }: Telling) => policies.get(rule.rule.escalationPolicyId ?? '')
  const firsts = tellings.filter(({ kind, wasTold }) => kind === 'firing' && !wasTold)
  const plans = firsts.map((one) => ({ one, ...planOf(one.rule, policyOf(one), tick.getTime()) }))
  const planned = plans.flatMap(({ one: { instanceId }, plan, isWaiting }) =>
    plan ? [{ instanceId, ...plan, isWaiting }] : [],
  )
  if (planned.length > 0) await planSteps(tx, venueId, planned)
  const slots = new Map(plans.flatMap(({ one, plan, slot }) => (plan ? [[one.rule.id, slot]] : [])))
  if (slots.size > 0) await noteTold(tx, venueId, slots)
  const waiting = new Set(plans.flatMap(({ one, isWaiting }) => (isWaiting ? one.instanceId : [])))
  const over = tellings.filter(({ kind }) => kind === 'recovered')
  const heard = over.length > 0 ? await whoHeard(tx, venueId, over.map((one) => subjectOf(one.instanceId))) : new Map() // biome-ignore format: one line
  const messages = tellings.flatMap((telling): NewMessage[] => {
    const { kind, rule, instanceId, stepsDone } = telling
    if (waiting.has(instanceId)) return []
    const done = (policyOf(telling)?.steps ?? []).slice(0, stepsDone)
    const named = [rule.rule.contactPointIds, ...done.map((step) => step.contactPointIds)].flat()
    const isFinal = kind === 'recovered'
    const hearers: string[] = isFinal ? (heard.get(subjectOf(instanceId)) ?? []) : named
    const { severity } = rule.rule
    const what = { instanceId, word: wordOf(telling), severity, isFinal }
    return messagesTo(hearers, what, contentOf(telling, atOf(telling, tick)))
  })
  return { written: await writeMessages(tx, venueId, messages), waiting }
}

// What fires is told of as of its beginning, however long nobody was to be told; another cause as of now.
const atOf = ({ kind, wasTold, state }: Telling, tick: Date): Date =>
  kind === 'firing' && !wasTold ? new Date(state.since) : tick

/** What the messages of an instance are of. */
export const subjectOf = (instanceId: string): string => `alert ${instanceId}`

type What = { instanceId: string; word: string; severity: Severity; isFinal: boolean }

/** A content of an instance as a message to each contact point, once for each `word`. */
export const messagesTo = (
  contactPointIds: readonly string[],
  { instanceId, word, severity, isFinal }: What,
  content: Pick<NewMessage, 'template' | 'data' | 'facts'>,
): NewMessage[] =>
  [...new Set(contactPointIds)].map((contactPointId) => ({
    dedupeKey: `${subjectOf(instanceId)} ${word} ${contactPointId}`,
    ...content,
    severity: urgencyOf[severity],
    ...{ groupKey, contactPointId, subject: subjectOf(instanceId), isFinal },
  }))

/**
 * When an instance that fires at a moment is told of first, and what is then to come: without a policy
 * with steps all is told at once. Epoch ms.
 */
function planOf(
  { rule: { contactPointIds }, toldAt }: EnabledRule,
  policy: Policy | undefined,
  now: number,
): { slot: number; isWaiting: boolean; plan?: Plan } {
  const [first] = policy?.steps ?? []
  if (!policy || !first) return { slot: now, isWaiting: false }
  const interval = durationMs(policy.groupInterval)
  const after = durationMs(first.after)
  if (contactPointIds.length === 0) {
    const slot = slotOf(toldAt, now + after, interval)
    return { slot, isWaiting: true, plan: { tellAt: null, stepAt: slot } }
  }
  const slot = slotOf(toldAt, now, interval)
  const isWaiting = slot > now
  return { slot, isWaiting, plan: { tellAt: isWaiting ? slot : null, stepAt: slot + after } }
}

/** The first moment that is not before the one that is wanted nor within the interval of another telling. */
function slotOf(toldAt: number | null, wanted: number, interval: number): number {
  if (toldAt === null) return wanted
  return toldAt >= wanted ? toldAt : Math.max(wanted, toldAt + interval)
}

/** How urgent a message of an alert is: critical ones wait for no quiet hours. */
const urgencyOf: Record<Severity, NonNullable<NewMessage['severity']>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'warning',
  critical: 'critical',
}

type Watched = {
  alertId: string
  name: string
  severity: Severity
  metric: string
  labels: Labels
}

/** What every message of a group of a rule tells. */
export const watchedOf = ({ alertId, name, severity, metric, labels }: Watched, at: Date) => ({
  ...{ alertId, severity },
  name: nameOf(name, labels),
  metric: catalogue.get(metric)?.title ?? gauges[metric as Gauge].title,
  at: at.toISOString(),
})

/** What is to be told of a group of a rule. */
export type Content = {
  kind: 'firing' | 'escalated' | 'recovered'
  instanceId: string
  rule: Pick<EnabledRule, 'id' | 'rule'>
  state: Pick<GroupState, 'labels' | 'value' | 'compared' | 'cause'>
  fault: string | null
}

/** The template of a message with its texts, and what programs are told beside. */
export function contentOf({ kind, instanceId, rule: of, state, fault }: Content, at: Date) {
  const { labels, value, compared, cause } = state
  const currency = currencyOf(of.rule, labels)
  const { name, severity, query } = of.rule
  const watched = watchedOf({ alertId: of.id, name, severity, metric: query.metric, labels }, at)
  const isNumber = kind !== 'firing' || cause === 'condition'
  const facts = { instanceId, labels, currency }
  if (isNumber) {
    const text = value === null ? '–' : changeText(of.rule, { value, compared }, currency)
    const data = { ...watched, value: text, threshold: thresholdText(of.rule, labels) }
    return {
      template: `alert-${kind}` as const,
      data,
      facts: { ...facts, measured: value, compared },
    }
  }
  if (cause === 'no_data') return { template: 'alert-no-data' as const, data: watched, facts }
  const data = { ...watched, reason: fault ?? 'fault' }
  return { template: 'alert-error' as const, data, facts }
}

const wordOf = ({ kind, state: { cause } }: Telling): string =>
  kind === 'firing' ? `firing ${cause}` : kind

/** A rule's name and, where it has groups, which of them. */
function nameOf(name: string, labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key.replaceAll('_', ' ')} ${value}`)
  return parts.length > 0 ? `${name} (${parts.join(', ')})` : name
}
