import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, writeMessages } from '../messages/write.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { durationMs } from './duration.ts'
import { planSteps, readPolicies } from './escalation-store.ts'
import type { Severity } from './rule.ts'
import type { GroupState, Labels } from './state.ts'
import { changeText, thresholdText } from './threshold.ts'
import type { EnabledRule } from './tick-store.ts'

/** All that is told of alerts and due at once goes as one message to a contact point. */
export const groupKey = 'alerts'

export type Telling = {
  kind: 'firing' | 'recovered'
  instanceId: string
  /** The steps of its policy that were done. */
  stepsDone: number
  rule: EnabledRule
  state: GroupState
  /** Why it cannot be measured. */
  fault: string | null
}

/**
 * Writes the messages that instances fire or have recovered. Those of a policy follow by its steps; who
 * was told that it fires is told that it is over.
 */
export async function tell(
  tx: Tx,
  venueId: string,
  tick: Date,
  tellings: Telling[],
): Promise<Written[]> {
  if (tellings.length === 0) return []
  const policyIds = tellings.flatMap(({ rule }) => rule.rule.escalationPolicyId ?? [])
  const policies = new Map(
    policyIds.length > 0
      ? (await readPolicies(tx, venueId, policyIds)).map((policy) => [policy.id, policy])
      : [],
  )
  const policyOf = ({ rule }: Telling) => policies.get(rule.rule.escalationPolicyId ?? '')
  const planned = tellings.flatMap((telling) => {
    const [first] = policyOf(telling)?.steps ?? []
    if (telling.kind !== 'firing' || !first) return []
    const dueAt = new Date(tick.getTime() + durationMs(first.after)).toISOString()
    return [{ instanceId: telling.instanceId, dueAt }]
  })
  if (planned.length > 0) await planSteps(tx, venueId, planned)
  const messages = tellings.flatMap((telling): NewMessage[] => {
    const { kind, rule, instanceId, stepsDone } = telling
    const policy = policyOf(telling)
    const stepped = (policy?.steps ?? []).slice(0, kind === 'recovered' ? stepsDone : 0)
    const hearers = [rule.rule.contactPointIds, ...stepped.map((step) => step.contactPointIds)]
    const interval = durationMs(policy?.groupInterval ?? '0s')
    const mayGoAt = (rule.toldAt ?? Number.NEGATIVE_INFINITY) + interval
    return [...new Set(hearers.flat())].map((contactPointId) => ({
      dedupeKey: `alert ${instanceId} ${kind} ${contactPointId}`,
      ...contentOf(telling, tick),
      severity: urgencyOf[rule.rule.severity],
      ...(kind === 'firing' && mayGoAt > tick.getTime() && { scheduledFor: new Date(mayGoAt) }),
      ...{ groupKey, contactPointId },
    }))
  })
  return writeMessages(tx, venueId, messages)
}

/** How urgent a message of an alert is: critical ones wait for no quiet hours. */
export const urgencyOf: Record<Severity, NonNullable<NewMessage['severity']>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'warning',
  critical: 'critical',
}

/** What every message of a group of a rule tells. */
const watchedOf = ({ id, rule }: Pick<EnabledRule, 'id' | 'rule'>, labels: Labels, at: Date) => ({
  alertId: id,
  name: nameOf(rule.name, labels),
  severity: rule.severity,
  metric: catalogue.get(rule.query.metric)?.title ?? rule.query.metric,
  at: at.toISOString(),
})

/** What a message tells that says a number. */
export function dataOf(
  of: Pick<EnabledRule, 'id' | 'rule'>,
  { labels, value, compared }: Pick<GroupState, 'labels' | 'value' | 'compared'>,
  at: Date,
): Record<string, string> {
  const currency = labels.currency ?? of.rule.query.currency
  return {
    ...watchedOf(of, labels, at),
    value: value === null ? '–' : changeText(of.rule, { value, compared }, currency),
    threshold: thresholdText(of.rule),
  }
}

function contentOf({ kind, rule, state, fault }: Telling, at: Date) {
  const isNumber = kind === 'recovered' || state.cause === 'condition'
  if (isNumber) {
    const template = kind === 'firing' ? ('alert-firing' as const) : ('alert-recovered' as const)
    return { template, data: dataOf(rule, state, at) }
  }
  const data = watchedOf(rule, state.labels, at)
  if (state.cause === 'no_data') return { template: 'alert-no-data' as const, data }
  return { template: 'alert-error' as const, data: { ...data, reason: fault ?? 'fault' } }
}

/** A rule's name and, where it has groups, which of them. */
function nameOf(name: string, labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key.replaceAll('_', ' ')} ${value}`)
  return parts.length > 0 ? `${name} (${parts.join(', ')})` : name
}
