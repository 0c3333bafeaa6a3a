import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, writeMessages } from '../messages/write.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { durationMs } from './duration.ts'
import { planSteps, readPolicies } from './escalation-store.ts'
import type { Severity } from './rule.ts'
import type { GroupState, Labels } from './state.ts'
import { changeText, currencyOf, thresholdText } from './threshold.ts'
import type { EnabledRule } from './tick-store.ts'

/** All that is told of alerts and due at once goes as one message to a contact point. */
export const groupKey = 'alerts'

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
    if (telling.kind !== 'firing' || telling.wasTold || !first) return []
    const dueAt = new Date(tick.getTime() + durationMs(first.after)).toISOString()
    return [{ instanceId: telling.instanceId, dueAt }]
  })
  if (planned.length > 0) await planSteps(tx, venueId, planned)
  const messages = tellings.flatMap((telling): NewMessage[] => {
    const { kind, rule, instanceId, stepsDone } = telling
    const policy = policyOf(telling)
    const stepped = (policy?.steps ?? []).slice(0, stepsDone)
    const hearers = [rule.rule.contactPointIds, ...stepped.map((step) => step.contactPointIds)]
    const interval = durationMs(policy?.groupInterval ?? '0s')
    const mayGoAt = (rule.toldAt ?? Number.NEGATIVE_INFINITY) + interval
    return [...new Set(hearers.flat())].map((contactPointId) => ({
      dedupeKey: `alert ${instanceId} ${wordOf(telling)} ${contactPointId}`,
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
  const watched = watchedOf(of, labels, at)
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
