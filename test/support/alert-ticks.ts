import type { SQSBatchResponse } from 'aws-lambda'
import { handler as alerts } from '../../functions/http/alerts.ts'
import { handler as evaluateAlerts } from '../../functions/queue/evaluate-alerts.ts'
import { readTenant, withTenant } from '../../lib/clients/postgres.ts'
import { delivery, paid, unique } from './events.ts'
import { call, context, deliver } from './service.ts'

/** The minute at which the clocks of these tests begin. */
export const noon = Date.parse('2026-06-01T16:00:00Z')
export const minuteMs = 60_000

/** A rule that more than so many tickets were sold within ten minutes, and what a test says beside. */
export const tooMany = (more: object = {}) => ({
  name: 'Many tickets',
  query: { metric: 'tickets_sold', window: '10m' },
  condition: { op: 'gt', value: 3 },
  ...more,
})

/** Makes a rule as a manager of the venue; returns its id. */
export async function addAlert(venueId: string, rule: object): Promise<string> {
  const answer = await call(alerts, 'POST /v1/venues/{venueId}/alerts', {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    headers: { 'idempotency-key': unique('k') },
    body: rule,
  })
  if (answer.status !== 201) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

/** The tick of so many minutes after noon, as its queue message has it; returns what failed. */
export async function tick(venueId: string, minute: number, from = noon): Promise<string[]> {
  const at = new Date(from + minute * minuteMs).toISOString()
  const answer = (await evaluateAlerts(
    delivery({ venueId, tick: at }),
    context,
  )) as SQSBatchResponse
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

/** Tickets sold so many minutes after noon. */
export const sold = (venueId: string, minute: number, quantity: number, more: object = {}) =>
  deliver(
    paid(
      venueId,
      { occurred_at: new Date(noon + minute * minuteMs).toISOString(), ...more },
      { quantity },
    ),
  )

/** The instances of a venue, in their order. */
export const instancesOf = (venueId: string) =>
  readTenant(
    venueId,
    (tx) => tx<
      {
        id: string
        alertId: string
        labels: Record<string, string>
        status: string
        cause: string
        value: number | null
        triggerCount: number
        toldAt: Date | null
        minutes: number
        resolvedAfter: number | null
      }[]
    >`
      select instance_id as id, alert_id, labels, status, cause, value, trigger_count::int, told_at,
             (extract(epoch from fired_at) * 1000 - ${noon}::text::float8)::float8 / 60000 as minutes,
             (extract(epoch from resolved_at - fired_at) / 60)::float8 as resolved_after
        from alert_instances
       where venue_id = ${venueId}
       order by fired_at, labels_key`,
  )

/** The messages of a venue's outbox about alerts: what they say, of whom, to whom. */
export const outboxOf = (venueId: string) =>
  readTenant(
    venueId,
    (tx) => tx<
      {
        id: string
        template: string
        name: string
        value: string
        at: string
        severity: string
        contactPointId: string
        dedupeKey: string
      }[]
    >`
      select message_id as id, template, data ->> 'name' as name, data ->> 'value' as value,
             data ->> 'at' as at, severity,
             contact_point_id, dedupe_key
        from messages
       where venue_id = ${venueId} and template like 'alert-%'
       order by created_at, dedupe_key`,
  )

/** What happened to the instances of a venue, in its order. */
export const historyOf = (venueId: string) =>
  readTenant(
    venueId,
    (tx) => tx<{ instanceId: string; kind: string; byUser: string | null; note: string | null }[]>`
      select instance_id, kind, by_user, note
        from alert_history
       where venue_id = ${venueId}
       order by entry`,
  )

/** Has what waits in a venue's outbox have gone. */
export const allSent = (venueId: string) =>
  withTenant(
    venueId,
    (tx) => tx`
      update messages set status = 'sent', attempts = 1, sent_at = clock_timestamp()
       where venue_id = ${venueId} and status = 'pending'`,
  )
