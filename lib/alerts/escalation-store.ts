import type { Tx } from '../clients/postgres.ts'
import { durationMs } from './duration.ts'
import type { Rule } from './rule.ts'
import type { Cause, Labels } from './state.ts'

export type Policy = {
  id: string
  steps: { after: string; contactPointIds: string[] }[]
  groupInterval: string
  repeatEvery: string | null
}

/** Some policies of a venue. */
export const readPolicies = (tx: Tx, venueId: string, ids: readonly string[]) => tx<Policy[]>`
  select policy_id as id, steps, group_interval, repeat_every
    from escalation_policies
   where venue_id = ${venueId}
     and policy_id in (
           select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`

/** The number of steps done of an instance whose alert has not even told its own contact points. */
export const beforeSteps = -1

/** Plans the first step for instances; of those that have one planned it stays. */
export const planSteps = (
  tx: Tx,
  venueId: string,
  planned: { instanceId: string; dueAt: string; stepsDone: number; isWaiting: boolean }[],
) => tx`
  update alert_instances i
     set next_step_at = coalesce(i.next_step_at, p."dueAt"), steps_done = p."stepsDone",
         told_at = case when not p."isWaiting" then i.told_at end
    from jsonb_to_recordset(${JSON.stringify(planned)}::text::jsonb)
         as p ("instanceId" uuid, "dueAt" timestamptz, "stepsDone" int, "isWaiting" boolean)
   where i.venue_id = ${venueId} and i.instance_id = p."instanceId"`

/** Notes when alerts have told, or are to tell, that something fires; epoch ms by their ids. */
export const noteTold = (tx: Tx, venueId: string, slots: ReadonlyMap<string, number>) => tx`
  update alerts a
     set told_at = to_timestamp(t.at / 1000)
    from jsonb_to_recordset(${JSON.stringify([...slots].map(([id, at]) => ({ id, at })))}::text::jsonb)
         as t (id uuid, at float8)
   where a.venue_id = ${venueId} and a.alert_id = t.id`

export type DueInstance = {
  id: string
  alertId: string
  labels: Labels
  value: number | null
  compared: number | null
  cause: Cause
  /** Why the rule cannot be measured now. */
  fault: string | null
  stepsDone: number
  /** Epoch ms. */
  firedAt: number
  /** When the next step is to be done, epoch ms; null: there is none. */
  dueAt: number | null
  /** Its own contact points are to be told, whatever the steps. */
  owesTelling: boolean
  rule: Rule
  policy: Policy | null
}

/** The instances that nobody has taken care of and whose next step is due, kept as they are. */
export const lockDueInstances = (tx: Tx, venueId: string, tick: Date) => tx<DueInstance[]>`
  select i.instance_id as id, i.alert_id, i.labels, i.value, i.compared, i.cause, i.steps_done,
         i.owes_telling, (extract(epoch from i.fired_at) * 1000)::float8 as fired_at,
         a.rule, a.fault,
         (extract(epoch from i.next_step_at) * 1000)::float8 as due_at,
         case when p.policy_id is not null
              then jsonb_build_object('id', p.policy_id, 'steps', p.steps,
                                      'groupInterval', p.group_interval,
                                      'repeatEvery', p.repeat_every) end as policy
    from alert_instances i
    join alerts a on a.venue_id = i.venue_id and a.alert_id = i.alert_id
    left join escalation_policies p
           on p.venue_id = a.venue_id and p.policy_id = a.escalation_policy_id
   where i.venue_id = ${venueId}
     and (i.owes_telling or i.next_step_at <= ${tick.toISOString()}::text::timestamptz)
     and i.acknowledged_at is null
     and i.status = 'firing'
   order by i.fired_at, i.instance_id
     for update of i`

/** Notes how far instances are in their policies, and that they are told of; null: no step is to come. */
export const noteSteps = (
  tx: Tx,
  venueId: string,
  tick: Date,
  noted: { instanceId: string; stepsDone: number; dueAt: string | null }[],
) => tx`
  update alert_instances i
     set steps_done = n."stepsDone", next_step_at = n."dueAt", owes_telling = false,
         told_at = coalesce(i.told_at, ${tick.toISOString()}::text::timestamptz)
    from jsonb_to_recordset(${JSON.stringify(noted)}::text::jsonb)
         as n ("instanceId" uuid, "stepsDone" int, "dueAt" timestamptz)
   where i.venue_id = ${venueId} and i.instance_id = n."instanceId"`

/** Has whom an alert now names told of what fires and nobody takes care of; who was told is not again. */
export const oweTelling = (tx: Tx, venueId: string, alertId: string) => tx`
  update alert_instances
     set owes_telling = true
   where venue_id = ${venueId}
     and alert_id = ${alertId}::text::uuid
     and status <> 'resolved'
     and acknowledged_at is null
     and told_at is not null`

/** Has another policy begin now, or none go on, for what fires and nobody takes care of. */
export async function beginPolicy(
  tx: Tx,
  venueId: string,
  alertId: string,
  policyId: string | null,
): Promise<void> {
  const [policy] = policyId === null ? [] : await readPolicies(tx, venueId, [policyId])
  const afterMs = policy ? durationMs(policy.steps[0]?.after ?? '0s') : null
  await tx`
    update alert_instances
       set next_step_at = clock_timestamp() + ${afterMs}::float8 / 1000 * interval '1 second',
           owes_telling = owes_telling or next_step_at is not null and steps_done = ${beforeSteps},
           steps_done = 0
     where venue_id = ${venueId}
       and alert_id = ${alertId}::text::uuid
       and status <> 'resolved'
       and acknowledged_at is null`
}
