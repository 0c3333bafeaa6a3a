import type { Tx } from '../clients/postgres.ts'
import type { Rule, Severity } from './rule.ts'
import type { Cause, GroupState, Labels } from './state.ts'

/** A rule as a tick works on it; when it was looked at before, and told of, in epoch ms. */
export type EnabledRule = {
  id: string
  rule: Rule
  evaluatedAt: number | null
  toldAt: number | null
}

/** The enabled rules of a venue. */
export const readEnabledRules = (tx: Tx, venueId: string) => tx<{ rule: Rule }[]>`
  select rule from alerts where venue_id = ${venueId} and enabled order by alert_id`

/** The same, kept as they are until the end of the transaction. */
export const lockEnabledRules = (tx: Tx, venueId: string) => tx<EnabledRule[]>`
  select alert_id as id, rule, (extract(epoch from evaluated_at) * 1000)::float8 as evaluated_at,
         (extract(epoch from told_at) * 1000)::float8 as told_at
    from alerts
   where venue_id = ${venueId} and enabled
   order by alert_id
     for update`

/** The venues with something to do at a tick. */
export const venuesWithAlerts = (tx: Tx) => tx<{ venueId: string }[]>`
  select venue_id from venues_with_alerts()`

/** Takes a tick for this transaction: true for one alone of all who try, and never for an older one. */
export async function takeTick(tx: Tx, venueId: string, tick: Date): Promise<boolean> {
  const { count } = await tx`
    insert into alert_ticks as t (venue_id, ticked_at)
    values (${venueId}, ${tick.toISOString()}::text::timestamptz)
        on conflict (venue_id) do update set ticked_at = excluded.ticked_at
         where t.ticked_at < excluded.ticked_at`
  return count > 0
}

/** What the machine remembers of all groups of a venue. */
export const readStates = (tx: Tx, venueId: string) => tx<
  { alertId: string; key: string; state: GroupState }[]
>`
  select alert_id, labels_key as key, state from alert_states where venue_id = ${venueId}`

export type KeptState = { alertId: string; key: string; state: GroupState }

/** Remembers groups, and forgets others. */
export async function writeStates(
  tx: Tx,
  venueId: string,
  kept: KeptState[],
  forgotten: { alertId: string; key: string }[],
): Promise<void> {
  if (kept.length > 0) {
    await tx`
      insert into alert_states (venue_id, alert_id, labels_key, state)
      select ${venueId}, s."alertId", s.key, s.state
        from jsonb_to_recordset(${JSON.stringify(kept)}::text::jsonb)
             as s ("alertId" uuid, key text, state jsonb)
          on conflict (venue_id, alert_id, labels_key) do update set state = excluded.state`
  }
  if (forgotten.length > 0) {
    await tx`
      delete from alert_states s
       using jsonb_to_recordset(${JSON.stringify(forgotten)}::text::jsonb)
             as f ("alertId" uuid, key text)
       where s.venue_id = ${venueId} and s.alert_id = f."alertId" and s.labels_key = f.key`
  }
}

export type Health = 'ok' | 'no_data' | 'error' | 'stale'

/** Notes how the evaluation of rules went, and how often they fired at it. */
export const noteEvaluated = (
  tx: Tx,
  venueId: string,
  tick: Date,
  rules: { alertId: string; health: Health; fault: string | null; fired: number }[],
) => tx`
  update alerts a
     set evaluated_at = ${tick.toISOString()}::text::timestamptz,
         health = e.health,
         fault = e.fault,
         trigger_count = a.trigger_count + e.fired,
         last_triggered_at = case when e.fired > 0 then ${tick.toISOString()}::text::timestamptz
                                  else a.last_triggered_at end
    from jsonb_to_recordset(${JSON.stringify(rules)}::text::jsonb)
         as e ("alertId" uuid, health text, fault text, fired int)
   where a.venue_id = ${venueId} and a.alert_id = e."alertId"`

export type NewInstance = {
  alertId: string
  key: string
  labels: Labels
  name: string
  severity: Severity
  metric: string
  threshold: string
  cause: Cause
  value: number | null
  compared: number | null
  triggers: number
}

/** Opens instances; each rule and labels have one that is open. Returns their ids. */
export const openInstances = (tx: Tx, venueId: string, tick: Date, opened: NewInstance[]) => tx<
  { id: string; alertId: string; key: string }[]
>`
  insert into alert_instances (venue_id, alert_id, labels_key, labels, name, severity, metric, threshold,
                               status, cause, value, compared, fired_at, trigger_count,
                               last_triggered_at)
  select ${venueId}, n."alertId", n.key, n.labels, n.name, n.severity, n.metric, n.threshold, 'firing',
         n.cause, n.value, n.compared, ${tick.toISOString()}::text::timestamptz, n.triggers,
         ${tick.toISOString()}::text::timestamptz
    from jsonb_to_recordset(${JSON.stringify(opened)}::text::jsonb)
         as n ("alertId" uuid, key text, labels jsonb, name text, severity text, metric text,
               threshold text, cause text, value float8, compared float8, triggers bigint)
      on conflict (venue_id, alert_id, labels_key) where status <> 'resolved' do nothing
  returning instance_id as id, alert_id, labels_key as key`

export type Step = {
  alertId: string
  key: string
  name: string
  severity: Severity
  threshold: string
  status: 'firing' | 'recovering' | 'resolved'
  cause: Cause
  value: number | null
  compared: number | null
  isBreaching: boolean
  /** It is told now, unless somebody takes care of it. */
  isTold: boolean
}

/** Brings open instances to what was found at a tick. Returns those that were touched. */
export const stepInstances = (tx: Tx, venueId: string, tick: Date, steps: Step[]) => tx<Stepped[]>`
  update alert_instances i
     set name = s.name,
         severity = s.severity,
         threshold = s.threshold,
         status = s.status,
         cause = case when s.status = 'resolved' then i.cause else s.cause end,
         value = s.value,
         compared = s.compared,
         trigger_count = i.trigger_count + s."isBreaching"::int,
         last_triggered_at = case when s."isBreaching" then ${tick.toISOString()}::text::timestamptz
                                  else i.last_triggered_at end,
         told_at = case when s."isTold" and i.acknowledged_at is null
                        then coalesce(i.told_at, ${tick.toISOString()}::text::timestamptz)
                        else i.told_at end,
         resolved_at = case when s.status = 'resolved' then ${tick.toISOString()}::text::timestamptz end,
         tell_at = case when s.status <> 'resolved' and not s."isTold" then i.tell_at end,
         next_step_at = case when s.status <> 'resolved' then i.next_step_at end
    from jsonb_to_recordset(${JSON.stringify(steps)}::text::jsonb)
         as s ("alertId" uuid, key text, name text, severity text, threshold text, status text,
               cause text, value float8, compared float8, "isBreaching" boolean, "isTold" boolean)
   where i.venue_id = ${venueId}
     and i.alert_id = s."alertId"
     and i.labels_key = s.key
     and i.status <> 'resolved'
  returning i.instance_id as id, i.alert_id, i.labels_key as key, i.steps_done,
            coalesce(i.told_at < ${tick.toISOString()}::text::timestamptz, false) as was_told,
            i.acknowledged_at is not null as is_acknowledged`

export type Stepped = {
  id: string
  alertId: string
  key: string
  stepsDone: number
  /** Somebody was told before this tick. */
  wasTold: boolean
  isAcknowledged: boolean
}

/** Writes of groups that were dismissed that they may fire again, with their latest instance. */
export const writeReleases = (
  tx: Tx,
  venueId: string,
  tick: Date,
  released: { alertId: string; key: string }[],
) => tx`
  insert into alert_history (venue_id, instance_id, at, kind)
  select distinct on (i.alert_id, i.labels_key)
         ${venueId}, i.instance_id, ${tick.toISOString()}::text::timestamptz, 'released'
    from jsonb_to_recordset(${JSON.stringify(released)}::text::jsonb)
         as r ("alertId" uuid, key text)
    join alert_instances i
      on i.venue_id = ${venueId} and i.alert_id = r."alertId" and i.labels_key = r.key
   order by i.alert_id, i.labels_key, i.fired_at desc, i.instance_id`

export type HistoryEntry = { instanceId: string; kind: string; note: string | null }

/** Writes what happened to instances by itself. */
export const writeHistory = (tx: Tx, venueId: string, tick: Date, entries: HistoryEntry[]) => tx`
  insert into alert_history (venue_id, instance_id, at, kind, note)
  select ${venueId}, h."instanceId", ${tick.toISOString()}::text::timestamptz, h.kind, h.note
    from jsonb_array_elements(${JSON.stringify(entries)}::text::jsonb) with ordinality as e (entry, n)
   cross join lateral jsonb_to_record(e.entry) as h ("instanceId" uuid, kind text, note text)
   order by e.n`

const keepDays = 400

/** Forgets instances that were resolved long ago, with their history. */
export async function forgetInstances(tx: Tx, venueId: string): Promise<void> {
  await tx`
    with old as (
      delete from alert_instances
       where venue_id = ${venueId}
         and status = 'resolved'
         and fired_at < clock_timestamp() - make_interval(days => ${keepDays})
         and resolved_at < clock_timestamp() - make_interval(days => ${keepDays})
      returning instance_id)
    delete from alert_history h
     using old
     where h.venue_id = ${venueId} and h.instance_id = old.instance_id`
}
