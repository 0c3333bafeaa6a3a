import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Alert } from './alert-schema.ts'
import { type Rule, type Severity, severities } from './rule.ts'
import type { GroupState } from './state.ts'

/** An alert with its revision, which is what an update must name. */
export type Revised = { alert: Alert; revision: number }

/** Keeps a new alert; returns the id of the one that the request has made. */
export async function insertAlert(
  tx: Tx,
  venueId: string,
  { onceId, createdBy, rule }: { onceId: string; createdBy: string; rule: Rule },
): Promise<string> {
  await tx`
    insert into alerts (venue_id, once_id, created_by, name, severity, rule, enabled,
                        escalation_policy_id)
    values (${venueId}, ${onceId}, ${createdBy}, ${rule.name}, ${rule.severity},
            ${JSON.stringify(rule)}::text::jsonb, ${rule.enabled},
            ${rule.escalationPolicyId}::text::uuid)
        on conflict (venue_id, once_id) do nothing`
  const [made] = await tx<{ id: string }[]>`
    select alert_id as id from alerts where venue_id = ${venueId} and once_id = ${onceId}`
  return made?.id ?? ''
}

/** Locks an alert until the end of the transaction: its rule and its revision. */
export async function lockAlert(
  tx: Tx,
  venueId: string,
  id: string,
): Promise<{ rule: Rule; revision: number } | undefined> {
  const [row] = await tx<{ rule: Rule; revision: number }[]>`
    select rule, revision
      from alerts
     where venue_id = ${venueId} and alert_id = ${id}::text::uuid
       for update`
  return row
}

/** Writes the rule of an alert anew, the next revision of it. */
export const updateAlert = (tx: Tx, venueId: string, id: string, rule: Rule) => tx`
  update alerts
     set revision = revision + 1, name = ${rule.name}, severity = ${rule.severity},
         rule = ${JSON.stringify(rule)}::text::jsonb, enabled = ${rule.enabled},
         escalation_policy_id = ${rule.escalationPolicyId}::text::uuid
   where venue_id = ${venueId} and alert_id = ${id}::text::uuid`

/** Deletes an alert; its instances stay. */
export const deleteAlert = (tx: Tx, venueId: string, id: string) => tx`
  delete from alerts where venue_id = ${venueId} and alert_id = ${id}::text::uuid`

/** Forgets what the machine knows of the groups of an alert that are in some status. */
export const forgetGroups = (
  tx: Tx,
  venueId: string,
  alertId: string,
  statuses: readonly GroupState['status'][],
) => tx`
  delete from alert_states
   where venue_id = ${venueId}
     and alert_id = ${alertId}::text::uuid
     and state ->> 'status' in (select jsonb_array_elements_text(${JSON.stringify(statuses)}::text::jsonb))`

/**
 * Notes of a group that its instance was resolved by hand. While the condition holds it is dismissed:
 * it must end once before it fires again. Where it has ended already, nothing is left to wait for.
 * Returns whether it was dismissed.
 */
export async function dismissGroup(
  tx: Tx,
  venueId: string,
  alertId: string,
  labelsKey: string,
): Promise<boolean> {
  const [row] = await tx<{ status: string }[]>`
    update alert_states
       set state = state || jsonb_build_object(
             'status', case state ->> 'status' when 'firing' then 'dismissed' else 'inactive' end,
             'since', floor(extract(epoch from clock_timestamp()) * 1000),
             'breaches', case state ->> 'status' when 'firing' then state -> 'breaches' else '0' end,
             'told', '[]'::jsonb)
     where venue_id = ${venueId}
       and alert_id = ${alertId}::text::uuid
       and labels_key = ${labelsKey}
       and state ->> 'status' in ('firing', 'recovering')
    returning state ->> 'status' as status`
  return row?.status === 'dismissed'
}

/** Of some texts those that are the id of an alert of the venue. */
export const knownAlerts = (tx: Tx, venueId: string, ids: readonly string[]) => tx<
  { id: string }[]
>`
  select alert_id as id
    from alerts
   where venue_id = ${venueId}
     and alert_id::text in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`

/** The alerts that follow an escalation policy. */
export const alertsOfPolicy = (tx: Tx, venueId: string, policyId: string) => tx<
  { id: string; name: string }[]
>`
  select alert_id as id, name
    from alerts
   where venue_id = ${venueId} and escalation_policy_id = ${policyId}::text::uuid
   order by created_at, alert_id`

/** The alerts and escalation policies that name a contact point. */
export const alertsNaming = (tx: Tx, venueId: string, contactPointId: string) => tx<
  { id: string; name: string; kind: 'alert' | 'escalation policy' }[]
>`
  select alert_id as id, name, 'alert' as kind
    from alerts
   where venue_id = ${venueId} and rule -> 'contactPointIds' ? lower(${contactPointId})
   union all
  select policy_id, name, 'escalation policy'
    from escalation_policies
   where venue_id = ${venueId}
     and jsonb_path_query_array(steps, '$[*].contactPointIds[*]') ? lower(${contactPointId})
   order by kind, name, id`

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

type Row = Omit<Alert, keyof Rule> & { rule: Rule; revision: number; position: string }

/** Which alerts of a venue are listed; null: of all. */
export type Which = {
  enabled: 'true' | 'false' | null
  state: Alert['state'] | null
  severity: Severity | null
}

/** Alerts of the venue, the worst first, then the latest; one alone where its id is given. */
export async function listAlerts(
  tx: Tx,
  venueId: string,
  { enabled, state, severity }: Which,
  { after, limit }: Page,
  only: string | null = null,
): Promise<Listed<Revised>[]> {
  const [rank = null, createdAt = null, id = null] = after?.split(' ') ?? []
  const text = (column: string) => tx`to_char(${tx(column)} at time zone 'UTC', ${iso})`
  const ranks = JSON.stringify(Object.fromEntries(severities.map((name, i) => [name, i])))
  const rows = await tx<Row[]>`
    select t.alert_id as id, t.rule, t.revision, t.created_by, ${text('t.created_at')} as created_at,
           t.state, t.open_instances, t.trigger_count,
           ${text('t.last_triggered_at')} as last_triggered_at, t.health, t.fault,
           ${text('t.evaluated_at')} as evaluated_at,
           t.rank || ' ' || ${text('t.created_at')} || ' ' || t.alert_id as position
      from (select a.alert_id, a.rule, a.revision, a.created_by, a.created_at, a.enabled, a.severity,
                   a.trigger_count::float8 as trigger_count, a.last_triggered_at, a.health, a.fault,
                   a.evaluated_at, o.open_instances,
                   (${ranks}::text::jsonb ->> a.severity)::int as rank,
                   case when o.open_instances > 0 then 'firing'
                        when exists (select
                                       from alert_states s
                                      where s.venue_id = ${venueId}
                                        and s.alert_id = a.alert_id
                                        and s.state ->> 'status' = 'pending') then 'pending'
                        when exists (select
                                       from alert_states s
                                      where s.venue_id = ${venueId}
                                        and s.alert_id = a.alert_id
                                        and s.state ->> 'status' = 'dismissed') then 'dismissed'
                        else 'inactive' end as state
              from alerts a
             cross join lateral (select count(*)::int as open_instances
                                   from alert_instances i
                                  where i.venue_id = ${venueId}
                                    and i.alert_id = a.alert_id
                                    and i.status <> 'resolved') o
             where a.venue_id = ${venueId}
               and (${only}::text is null or a.alert_id = ${only}::text::uuid)) t
     where (${enabled}::text is null or t.enabled::text = ${enabled})
       and (${state}::text is null or t.state = ${state})
       and (${severity}::text is null or t.severity = ${severity})
       and (${createdAt}::text is null
            or (t.rank, t.created_at, t.alert_id)
               < (${rank}::text::int, ${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by t.rank desc, t.created_at desc, t.alert_id desc
     limit ${limit}`
  return rows.map(({ id, rule, revision, position, ...told }) => ({
    item: { alert: { id, ...rule, ...told }, revision },
    position,
  }))
}
