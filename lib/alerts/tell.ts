import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, writeMessage } from '../messages/write.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { formatInstant } from '../time/zones.ts'
import { durationMs } from './duration.ts'
import { planSteps, readPolicies } from './escalation-store.ts'
import type { Rule, Severity } from './rule.ts'
import type { GroupState, Labels } from './state.ts'
import { thresholdText, valueText } from './threshold.ts'
import type { EnabledRule } from './tick-store.ts'

/** All that is told of alerts and due at once goes as one message to a contact point. */
const groupKey = 'alerts'

export type Telling = {
  kind: 'firing' | 'recovered'
  instanceId: string
  /** The steps of its policy that were done. */
  stepsDone: number
  rule: EnabledRule
  state: GroupState
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
  timeZone: string,
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
    const { kind, rule, state, instanceId, stepsDone } = telling
    const policy = policyOf(telling)
    const stepped = (policy?.steps ?? []).slice(0, kind === 'recovered' ? stepsDone : 0)
    const hearers = [rule.rule.contactPointIds, ...stepped.map((step) => step.contactPointIds)]
    const interval = durationMs(policy?.groupInterval ?? '0s')
    const mayGoAt = (rule.toldAt ?? Number.NEGATIVE_INFINITY) + interval
    return [...new Set(hearers.flat())].map((contactPointId) => ({
      dedupeKey: `alert ${instanceId} ${kind} ${contactPointId}`,
      template: kind === 'firing' ? ('alert-firing' as const) : ('alert-recovered' as const),
      data: dataOf(rule, state, { at: tick, timeZone }),
      severity: urgencyOf[rule.rule.severity],
      ...(kind === 'firing' && mayGoAt > tick.getTime() && { scheduledFor: new Date(mayGoAt) }),
      ...{ groupKey, contactPointId },
    }))
  })
  return writeAll(tx, venueId, messages)
}

/** Writes messages; the connection carries the statements in order, without a wait between them. */
export const writeAll = (tx: Tx, venueId: string, messages: NewMessage[]): Promise<Written[]> =>
  Promise.all(messages.map((message) => writeMessage(tx, venueId, message)))

/** How urgent a message of an alert is: critical ones wait for no quiet hours. */
export const urgencyOf: Record<Severity, NonNullable<NewMessage['severity']>> = {
  info: 'info',
  low: 'info',
  medium: 'warning',
  high: 'warning',
  critical: 'critical',
}

/** What a message tells of a group of a rule. */
export function dataOf(
  { id, rule }: { id: string; rule: Rule },
  { labels, value }: Pick<GroupState, 'labels' | 'value'>,
  { at, timeZone }: { at: Date; timeZone: string },
): Record<string, string> {
  const currency = labels.currency ?? rule.query.currency
  return {
    alertId: id,
    name: nameOf(rule.name, labels),
    severity: rule.severity,
    metric: catalogue.get(rule.query.metric)?.title ?? rule.query.metric,
    value: value === null ? '–' : valueText(rule, value, currency ?? null),
    threshold: thresholdText(rule),
    at: formatInstant(at.getTime(), timeZone).slice(0, 16).replace('T', ' '),
  }
}

/** A rule's name and, where it has groups, which of them. */
export function nameOf(name: string, labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key.replaceAll('_', ' ')} ${value}`)
  return parts.length > 0 ? `${name} (${parts.join(', ')})` : name
}

export { groupKey }
