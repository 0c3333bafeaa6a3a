import type { Tx } from '../clients/postgres.ts'
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

/** Plans the first step for instances. */
export const planSteps = (
  tx: Tx,
  venueId: string,
  planned: { instanceId: string; dueAt: string }[],
) => tx`
  update alert_instances i
     set next_step_at = p."dueAt", steps_done = 0
    from jsonb_to_recordset(${JSON.stringify(planned)}::text::jsonb)
         as p ("instanceId" uuid, "dueAt" timestamptz)
   where i.venue_id = ${venueId} and i.instance_id = p."instanceId"`

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
  toldAt: number
  rule: Rule
  policy: Policy | null
}

/** The instances that nobody has taken care of and whose next step is due, kept as they are. */
export const lockDueInstances = (tx: Tx, venueId: string, tick: Date) => tx<DueInstance[]>`
  select i.instance_id as id, i.alert_id, i.labels, i.value, i.compared, i.cause, i.steps_done,
         a.rule, a.fault,
         (extract(epoch from coalesce(i.told_at, i.fired_at)) * 1000)::float8 as told_at,
         case when p.policy_id is not null
              then jsonb_build_object('id', p.policy_id, 'steps', p.steps,
                                      'groupInterval', p.group_interval,
                                      'repeatEvery', p.repeat_every) end as policy
    from alert_instances i
    join alerts a on a.venue_id = i.venue_id and a.alert_id = i.alert_id
    left join escalation_policies p
           on p.venue_id = a.venue_id and p.policy_id = a.escalation_policy_id
   where i.venue_id = ${venueId}
     and i.next_step_at <= ${tick.toISOString()}::text::timestamptz
     and i.acknowledged_at is null
     and i.status = 'firing'
   order by i.fired_at, i.instance_id
     for update of i`

/** Notes how far instances are in their policies; null: no step is to come. */
export const noteSteps = (
  tx: Tx,
  venueId: string,
  noted: { instanceId: string; stepsDone: number; dueAt: string | null }[],
) => tx`
  update alert_instances i
     set steps_done = n."stepsDone", next_step_at = n."dueAt"
    from jsonb_to_recordset(${JSON.stringify(noted)}::text::jsonb)
         as n ("instanceId" uuid, "stepsDone" int, "dueAt" timestamptz)
   where i.venue_id = ${venueId} and i.instance_id = n."instanceId"`
