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

/**
 * What is to come for an instance that fires: when the contact points of its alert are told, null: they
 * are by now, or are not before the first step; and when that step is done.
 */
export type Plan = { tellAt: number | null; stepAt: number }

/** Plans what is to come for instances; a step that is planned stays. Epoch ms. */
export const planSteps = (
  tx: Tx,
  venueId: string,
  planned: (Plan & { instanceId: string; isWaiting: boolean })[],
) => tx`
  update alert_instances i
     set tell_at = to_timestamp(p."tellAt" / 1000),
         next_step_at = coalesce(i.next_step_at, to_timestamp(p."stepAt" / 1000)),
         told_at = case when not p."isWaiting" then i.told_at end
    from jsonb_to_recordset(${JSON.stringify(planned)}::text::jsonb)
         as p ("instanceId" uuid, "tellAt" float8, "stepAt" float8, "isWaiting" boolean)
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
  /** The contact points of its alert are to be told. */
  isToTell: boolean
  /** When the next step is to be done, epoch ms; null: there is none. */
  nextStepAt: number | null
  rule: Rule
  policy: Policy | null
}

/** The instances that nobody takes care of and for which something is due, kept as they are. */
export const lockDueInstances = (tx: Tx, venueId: string, tick: Date) => tx<DueInstance[]>`
  select i.instance_id as id, i.alert_id, i.labels, i.value, i.compared, i.cause, i.steps_done,
         (extract(epoch from i.fired_at) * 1000)::float8 as fired_at, a.rule, a.fault,
         coalesce(i.tell_at <= ${tick.toISOString()}::text::timestamptz, false) as is_to_tell,
         (extract(epoch from i.next_step_at) * 1000)::float8 as next_step_at,
         case when p.policy_id is not null
              then jsonb_build_object('id', p.policy_id, 'steps', p.steps,
                                      'groupInterval', p.group_interval,
                                      'repeatEvery', p.repeat_every) end as policy
    from alert_instances i
    join alerts a on a.venue_id = i.venue_id and a.alert_id = i.alert_id
    left join escalation_policies p
           on p.venue_id = a.venue_id and p.policy_id = a.escalation_policy_id
   where i.venue_id = ${venueId}
     and least(i.tell_at, i.next_step_at) <= ${tick.toISOString()}::text::timestamptz
     and i.acknowledged_at is null
     and i.status = 'firing'
   order by i.fired_at, i.instance_id
     for update of i`

/** Notes what was due as done, and what step is next; null: none. */
export const noteSteps = (
  tx: Tx,
  venueId: string,
  tick: Date,
  noted: { instanceId: string; stepsDone: number; nextStepAt: number | null }[],
) => tx`
  update alert_instances i
     set tell_at = case when i.tell_at > ${tick.toISOString()}::text::timestamptz then i.tell_at end,
         steps_done = n."stepsDone",
         next_step_at = to_timestamp(n."nextStepAt" / 1000),
         told_at = coalesce(i.told_at, ${tick.toISOString()}::text::timestamptz)
    from jsonb_to_recordset(${JSON.stringify(noted)}::text::jsonb)
         as n ("instanceId" uuid, "stepsDone" int, "nextStepAt" float8)
   where i.venue_id = ${venueId} and i.instance_id = n."instanceId"`

/** The instances that follow a policy and that nobody takes care of, kept as they are; epoch ms. */
export const lockFollowing = (tx: Tx, venueId: string, policyId: string) => tx<
  Pick<DueInstance, 'id' | 'stepsDone' | 'nextStepAt' | 'firedAt'>[]
>`
  select i.instance_id as id, i.steps_done,
         (extract(epoch from i.next_step_at) * 1000)::float8 as next_step_at,
         (extract(epoch from i.fired_at) * 1000)::float8 as fired_at
    from alert_instances i
    join alerts a on a.venue_id = i.venue_id and a.alert_id = i.alert_id
   where i.venue_id = ${venueId}
     and a.escalation_policy_id = ${policyId}::text::uuid
     and i.status <> 'resolved'
     and i.acknowledged_at is null
   order by i.fired_at, i.instance_id
     for update of i`

/** Plans the next steps of instances anew; epoch ms, null: none is to come. */
export const writeNextSteps = (
  tx: Tx,
  venueId: string,
  planned: { instanceId: string; nextStepAt: number | null }[],
) => tx`
  update alert_instances i
     set next_step_at = to_timestamp(p."nextStepAt" / 1000)
    from jsonb_to_recordset(${JSON.stringify(planned)}::text::jsonb)
         as p ("instanceId" uuid, "nextStepAt" float8)
   where i.venue_id = ${venueId} and i.instance_id = p."instanceId"`

/** Has whom an alert now names told of what fires and nobody takes care of; who was told is not again. */
export const oweTelling = (tx: Tx, venueId: string, alertId: string) => tx`
  update alert_instances
     set tell_at = coalesce(tell_at, fired_at)
   where venue_id = ${venueId}
     and alert_id = ${alertId}::text::uuid
     and status <> 'resolved'
     and acknowledged_at is null`

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
           steps_done = 0
     where venue_id = ${venueId}
       and alert_id = ${alertId}::text::uuid
       and status <> 'resolved'
       and acknowledged_at is null`
}
