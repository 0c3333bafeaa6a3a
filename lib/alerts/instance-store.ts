import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Entry, Instance } from './instance-schema.ts'
import type { Severity } from './rule.ts'

/** What is known of an instance while somebody works on it. */
export type Held = Pick<Instance, 'id' | 'state' | 'alertId'> & { labelsKey: string }

/** Who ends an instance, and why. */
export type Ending = { by: string; reason: string }

/** The alert that an instance is of. */
export async function alertOf(tx: Tx, venueId: string, id: string): Promise<string | undefined> {
  const [row] = await tx<{ alertId: string }[]>`
    select alert_id
      from alert_instances
     where venue_id = ${venueId} and instance_id = ${id}::text::uuid`
  return row?.alertId
}

// A state as it is told: what somebody has acknowledged is that until it is resolved.
const state = (tx: Tx) => tx`
  case when status <> 'resolved' and acknowledged_at is not null then 'acknowledged'
       else status end`

/** Locks an instance until the end of the transaction. */
export async function lockInstance(tx: Tx, venueId: string, id: string): Promise<Held | undefined> {
  const [row] = await tx<Held[]>`
    select instance_id as id, alert_id, labels_key, ${state(tx)} as state
      from alert_instances
     where venue_id = ${venueId} and instance_id = ${id}::text::uuid
       for update`
  return row
}

/** Notes who has acknowledged an instance: nobody else is told of it any more. */
export const acknowledgeInstance = (tx: Tx, venueId: string, id: string, by: string) => tx`
  update alert_instances
     set acknowledged_at = clock_timestamp(), acknowledged_by = ${by},
         tell_at = null, next_step_at = null
   where venue_id = ${venueId} and instance_id = ${id}::text::uuid`

/** Notes whose an instance is; null: nobody's. */
export const assignInstance = (tx: Tx, venueId: string, id: string, userId: string | null) => tx`
  update alert_instances
     set assigned_to = ${userId}
   where venue_id = ${venueId} and instance_id = ${id}::text::uuid`

/** What is known of an instance that was resolved by hand. */
export type Closed = Pick<Instance, 'id' | 'alertId' | 'name' | 'severity' | 'metric' | 'labels'>

/** Resolves the open instances of an alert, or one of them, and notes so in their history; returns them. */
export async function closeOpen(
  tx: Tx,
  venueId: string,
  which: { alertId: string; only?: string },
  { by, reason }: Ending,
): Promise<Closed[]> {
  const { alertId, only = null } = which
  return await tx<Closed[]>`
    with closed as (
      update alert_instances
         set status = 'resolved', resolved_at = clock_timestamp(), resolved_by = ${by},
             resolve_reason = ${reason}, tell_at = null, next_step_at = null
       where venue_id = ${venueId}
         and alert_id = ${alertId}::text::uuid
         and (${only}::text is null or instance_id = ${only}::text::uuid)
         and status <> 'resolved'
      returning instance_id, alert_id, name, severity, metric, labels
    ), noted as (
      insert into alert_history (venue_id, instance_id, by_user, kind, note)
      select ${venueId}, instance_id, ${by}, 'resolved', ${reason}
        from closed
       order by instance_id)
    select instance_id as id, alert_id, name, severity, metric, labels from closed`
}

/** Notes what somebody did with an instance. */
export const insertEntry = (
  tx: Tx,
  venueId: string,
  id: string,
  { by, kind, note }: Pick<Entry, 'by' | 'kind' | 'note'>,
) => tx`
  insert into alert_history (venue_id, instance_id, by_user, kind, note)
  values (${venueId}, ${id}::text::uuid, ${by}, ${kind}, ${note})`

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** The latest entries of an instance's history, in their order. */
export const readHistory = (tx: Tx, venueId: string, id: string, most: number) => tx<Entry[]>`
  select to_char(at at time zone 'UTC', ${iso}) as at, by_user as by, kind, note
    from (select at, by_user, kind, note, entry
            from alert_history
           where venue_id = ${venueId} and instance_id = ${id}::text::uuid
           order by entry desc
           limit ${most}) latest
   order by entry`

/** Which instances of a venue are listed; null: of all. */
export type Which = {
  state: Instance['state'] | null
  alertId: string | null
  severity: Severity | null
  /** The id of one alone. */
  only: string | null
}

/** Instances of the venue, the latest first. */
export async function listInstances(
  tx: Tx,
  venueId: string,
  { state: wanted, alertId, severity, only }: Which,
  { after, limit }: Page,
): Promise<Listed<Instance>[]> {
  const [firedAt = null, id = null] = after?.split(' ') ?? []
  const text = (column: string) => tx`to_char(${tx(column)} at time zone 'UTC', ${iso})`
  const rows = await tx<(Instance & { position: string })[]>`
    select instance_id as id, alert_id, labels, name, severity, metric, threshold,
           ${state(tx)} as state, cause, value, compared, ${text('fired_at')} as fired_at,
           trigger_count::float8 as trigger_count,
           ${text('last_triggered_at')} as last_triggered_at, ${text('told_at')} as told_at,
           ${text('acknowledged_at')} as acknowledged_at, acknowledged_by, assigned_to,
           ${text('resolved_at')} as resolved_at, resolved_by, resolve_reason,
           steps_done, ${text('next_step_at')} as next_step_at,
           ${text('fired_at')} || ' ' || instance_id as position
      from alert_instances
     where venue_id = ${venueId}
       and (${only}::text is null or instance_id = ${only}::text::uuid)
       and (${wanted}::text is null or ${state(tx)} = ${wanted})
       and (${alertId}::text is null or alert_id = ${alertId}::text::uuid)
       and (${severity}::text is null or severity = ${severity})
       and (${firedAt}::text is null
            or (alert_instances.fired_at, instance_id)
               < (${firedAt}::text::timestamptz, ${id}::text::uuid))
     order by alert_instances.fired_at desc, instance_id desc
     limit ${limit}`
  return rows.map(({ position, ...item }) => ({ item, position }))
}

/** An open instance as a socket is told of it. */
export type OpenInstance = Pick<
  Instance,
  'id' | 'alertId' | 'name' | 'severity' | 'labels' | 'state' | 'value' | 'firedAt'
>

/** The open instances of a venue, the latest first. */
export const readOpen = (tx: Tx, venueId: string, limit: number) => tx<OpenInstance[]>`
  select instance_id as id, alert_id, name, severity, labels, ${state(tx)} as state, value,
         to_char(fired_at at time zone 'UTC', ${iso}) as fired_at
    from alert_instances
   where venue_id = ${venueId} and status <> 'resolved'
   order by alert_instances.fired_at desc, instance_id
   limit ${limit}`
