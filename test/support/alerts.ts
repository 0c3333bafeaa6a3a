import { handler as instances } from '../../functions/http/alert-instances.ts'
import { handler as alerts } from '../../functions/http/alerts.ts'
import { handler as policies } from '../../functions/http/escalation-policies.ts'
import { handler as windows } from '../../functions/http/mute-windows.ts'
import { handler as silences } from '../../functions/http/silences.ts'
import { addAlert } from '../../lib/alerts/alerts.ts'
import { NewMuteWindow } from '../../lib/alerts/mute-window-schema.ts'
import { addMuteWindow } from '../../lib/alerts/mute-windows.ts'
import { addPolicy } from '../../lib/alerts/policies.ts'
import { NewPolicy } from '../../lib/alerts/policy-schema.ts'
import { Rule } from '../../lib/alerts/rule.ts'
import { addSilence } from '../../lib/alerts/silences.ts'
import { type GroupState, keyOf, type Labels } from '../../lib/alerts/state.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { unique } from './events.ts'
import { addTarget } from './messages.ts'
import { call } from './service.ts'

/** A rule that watches orders, unless told otherwise. */
export const ruleOf = (more: object = {}): Rule =>
  Rule.parse({
    name: 'Many orders',
    query: { metric: 'orders', window: '1h', groupBy: ['event'] },
    condition: { op: 'gt', value: 100 },
    ...more,
  })

/** Puts an alert into a venue; returns its id. */
export async function alertIn(venueId: string, more: object = {}): Promise<string> {
  const asked = { userId: 'u-1', rule: ruleOf(more), onceId: unique('k') }
  return (await addAlert(venueId, asked)).alert.id
}

/** Puts an escalation policy into a venue that no alert follows; returns its id. */
export async function policyIn(venueId: string): Promise<string> {
  const steps = [{ after: '0s', contactPointIds: [await addTarget(venueId)] }]
  const wish = { name: 'The doors', steps, groupInterval: '0s', repeatEvery: null }
  return (await addPolicy(venueId, { userId: 'u-1', wish, onceId: unique('k') })).policy.id
}

/** Puts the contact points that the example of a policy names into a venue. */
export async function addTargetsOfExample(venueId: string): Promise<void> {
  const [{ steps } = { steps: [] }] = (NewPolicy.meta()?.examples ?? []) as NewPolicy[]
  for (const wanted of steps.flatMap(({ contactPointIds }) => contactPointIds)) {
    const id = await addTarget(venueId)
    await withTenant(
      venueId,
      (tx) => tx`
        update contact_points set contact_point_id = ${wanted}::text::uuid
         where venue_id = ${venueId} and contact_point_id = ${id}::text::uuid`,
    )
  }
}

/** Puts a silence of a day into a venue; returns its id. */
export async function silenceIn(venueId: string): Promise<string> {
  const now = new Date()
  const endsAt = new Date(now.getTime() + 86_400_000).toISOString()
  const matchers = [{ name: 'label.event', op: 'eq' as const, value: 'show-1' }]
  const asked = { userId: 'u-1', wish: { matchers, comment: 'Rehearsal', endsAt }, now }
  return (await addSilence(venueId, { ...asked, onceId: unique('k') })).id
}

/** Puts a mute window into a venue; returns its id. */
export async function muteWindowIn(venueId: string): Promise<string> {
  const wish = NewMuteWindow.parse({ name: 'Nights', from: '23:00', to: '08:00' })
  return (await addMuteWindow(venueId, { userId: 'u-1', wish, onceId: unique('k') })).muteWindow.id
}

type Fired = { labels?: Labels; status?: 'firing' | 'recovering'; toldAt?: string | null }

/** What an alert does when it fires for a group: an instance, its history, its state; returns its id. */
export const fire = (venueId: string, alertId: string, fired: Fired = {}): Promise<string> =>
  withTenantJob(venueId, async (tx) => {
    const { labels = { event: unique('show') }, status = 'firing' } = fired
    const { toldAt = new Date().toISOString() } = fired
    const [row] = await tx<{ id: string }[]>`
      insert into alert_instances (venue_id, alert_id, labels_key, labels, name, severity, metric,
                                   threshold, status, cause, value, fired_at, trigger_count,
                                   last_triggered_at, told_at, next_step_at)
      values (${venueId}, ${alertId}::text::uuid, ${keyOf(labels)},
              ${JSON.stringify(labels)}::text::jsonb, 'Many orders', 'medium', 'orders', '> 100',
              ${status}, 'condition', 120.5, clock_timestamp(), 3, clock_timestamp(),
              ${toldAt}::text::timestamptz, clock_timestamp() + interval '10 minutes')
      returning instance_id as id`
    const id = row?.id ?? ''
    await tx`
      insert into alert_history (venue_id, instance_id, kind)
      values (${venueId}, ${id}::text::uuid, 'fired')`
    await putState(tx, venueId, alertId, {
      labels,
      status,
      breaches: 3,
      told: toldAt ? ['condition'] : [],
    })
    return id
  })

/** An instance of an alert of its own; returns its id. */
export const firedIn = async (venueId: string): Promise<string> =>
  fire(venueId, await alertIn(venueId))

/** Has the machine remember a group of an alert. */
export const remember = (
  venueId: string,
  alertId: string,
  labels: Labels,
  status: GroupState['status'],
): Promise<void> =>
  withTenantJob(venueId, (tx) => putState(tx, venueId, alertId, { labels, status }))

async function putState(
  tx: Parameters<Parameters<typeof withTenantJob>[1]>[0],
  venueId: string,
  alertId: string,
  told: Pick<GroupState, 'labels' | 'status'> & Partial<GroupState>,
): Promise<void> {
  const at = Date.now()
  const state: GroupState = {
    ...{ since: at, cause: 'condition', breaches: 1, noDataSince: null, errorSince: null },
    ...{ told: [], value: 120.5, compared: null, seenAt: at, ...told },
  }
  await tx`
    insert into alert_states (venue_id, alert_id, labels_key, state)
    values (${venueId}, ${alertId}::text::uuid, ${keyOf(told.labels)},
            ${JSON.stringify(state)}::text::jsonb)`
}

/** What the machine remembers of the groups of an alert. */
export const statesOf = (venueId: string, alertId: string): Promise<GroupState[]> =>
  withTenant(venueId, async (tx) => {
    const rows = await tx<{ state: GroupState }[]>`
      select state from alert_states
       where venue_id = ${venueId} and alert_id = ${alertId}::text::uuid
       order by labels_key`
    return rows.map(({ state }) => state)
  })

/** Fills a venue with two of everything of alerts; the first of each may go without anybody missing it. */
export async function addAlerts(venueId: string): Promise<void> {
  await policyIn(venueId)
  const escalationPolicyId = await policyIn(venueId)
  await alertIn(venueId)
  const id = await alertIn(venueId, { escalationPolicyId })
  for (let i = 0; i < 2; i += 1) {
    await fire(venueId, id)
    await silenceIn(venueId)
    await muteWindowIn(venueId)
  }
  await withTenantJob(
    venueId,
    (tx) => tx`
      insert into alert_ticks (venue_id, ticked_at) values (${venueId}, clock_timestamp())
          on conflict (venue_id) do nothing`,
  )
}

/** Does with alerts what can be done with them. */
export async function useAlerts(venueId: string): Promise<void> {
  const caller = { venues: { [venueId]: 'owner' as const } }
  const headers = () => ({ 'if-match': '*', 'idempotency-key': unique('k') })
  const ask = (handler: typeof alerts, key: string, params = {}, body?: object) => {
    const [method = '', path = ''] = key.split(' ')
    const asked = { caller, params: { venueId, ...params }, headers: headers(), body }
    return call(handler as never, `${method} /v1/venues/{venueId}/${path}`, asked)
  }
  const [alertId, policyId] = [await alertIn(venueId), await policyIn(venueId)]
  const [silenceId, muteWindowId] = [await silenceIn(venueId), await muteWindowIn(venueId)]
  const one = { alertId, policyId, silenceId, muteWindowId }
  await ask(alerts, 'GET alerts')
  await ask(alerts, 'PATCH alerts/{alertId}', one, { escalationPolicyId: policyId })
  await ask(alerts, 'PATCH alerts/{alertId}', one, { condition: { op: 'absent' } })
  for (const done of ['ack', 'assign', 'comment', 'resolve']) {
    const instanceId = await fire(venueId, alertId)
    const said = { ack: {}, assign: { userId: 'u-2' }, comment: { text: 'x' } }
    const body = { ...said, resolve: { reason: 'x' } }[done]
    await ask(instances as never, `POST alert-instances/{instanceId}/${done}`, { instanceId }, body)
  }
  await ask(instances as never, 'GET alert-instances')
  await ask(alerts, 'POST alerts/{alertId}/disable', one)
  await ask(silences as never, 'GET silences')
  await ask(silences as never, 'DELETE silences/{silenceId}', one)
  const ahead = { startsAt: '2099-06-01T00:00:00Z', endsAt: '2099-06-02T00:00:00Z' }
  const matchers = [{ name: 'label.event', op: 'eq', value: 'x' }]
  const made = await ask(
    silences as never,
    'POST silences',
    {},
    { matchers, comment: 'x', ...ahead },
  )
  await ask(silences as never, 'DELETE silences/{silenceId}', { silenceId: made.body.id })
  await ask(windows as never, 'GET mute-windows')
  await ask(windows as never, 'PATCH mute-windows/{muteWindowId}', one, { enabled: false })
  await ask(windows as never, 'DELETE mute-windows/{muteWindowId}', one)
  await ask(policies as never, 'GET escalation-policies')
  await ask(policies as never, 'PATCH escalation-policies/{policyId}', one, { name: 'x' })
  await ask(alerts, 'DELETE alerts/{alertId}', one)
  await ask(policies as never, 'DELETE escalation-policies/{policyId}', one)
}
