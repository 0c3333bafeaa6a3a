import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { ReportRun } from './schema.ts'

/** A run that no export is asked for yet; `dueAt` in epoch ms. */
export type PendingRun = { id: string; onceId: string; askedBy: string; dueAt: number }

/** A run that has ended and whose end nobody was told. */
export type UntoldRun = {
  id: string
  state: 'completed' | 'failed' | 'refused'
  exportId: string | null
  reason: string | null
  dueAt: string
}

type NewRun = {
  scheduleId: string
  onceId: string
  startedBy: 'clock' | 'hand'
  askedBy: string
  dueAt: number
  /** Why it was refused; null where it is to be done. */
  refused: string | null
}

/** Notes a run; where one of the same `onceId` exists that one stays. */
export async function insertRun(tx: Tx, venueId: string, run: NewRun): Promise<void> {
  await tx`
    insert into report_runs (venue_id, schedule_id, once_id, started_by, asked_by, due_at, state,
                             reason, finished_at)
    values (${venueId}, ${run.scheduleId}::text::uuid, ${run.onceId}, ${run.startedBy},
            ${run.askedBy}, ${new Date(run.dueAt).toISOString()}::text::timestamptz,
            ${run.refused === null ? 'pending' : 'refused'}, ${run.refused},
            case when ${run.refused}::text is not null then clock_timestamp() end)
        on conflict (venue_id, once_id) do nothing`
}

/** Runs that no export is asked for yet. */
export const readPending = (tx: Tx, venueId: string, scheduleId: string) => tx<PendingRun[]>`
  select run_id as id, once_id, asked_by, (extract(epoch from due_at) * 1000)::float8 as due_at
    from report_runs
   where venue_id = ${venueId}
     and schedule_id = ${scheduleId}::text::uuid
     and not is_done
     and state = 'pending'
   order by due_at`

/** Notes the export that a run has asked for. */
export async function noteRequested(
  tx: Tx,
  venueId: string,
  runId: string,
  exportId: string,
): Promise<void> {
  await tx`
    update report_runs
       set state = 'requested', export_id = ${exportId}::text::uuid
     where venue_id = ${venueId} and run_id = ${runId}::text::uuid and state = 'pending'`
}

/** Notes that no export can be made for a run; `isDone` where nobody is to be told. */
export async function failRun(
  tx: Tx,
  venueId: string,
  runId: string,
  { reason, isDone }: { reason: string; isDone: boolean },
): Promise<void> {
  await tx`
    update report_runs
       set state = 'failed', reason = ${reason}, finished_at = clock_timestamp(), is_done = ${isDone}
     where venue_id = ${venueId} and run_id = ${runId}::text::uuid and state = 'pending'`
}

/**
 * Takes over how the exports of a schedule's runs have ended. An export that somebody deleted was not
 * wanted, as one that was cancelled; nobody is told of that.
 */
export async function settleRuns(tx: Tx, venueId: string, scheduleId: string): Promise<void> {
  await tx`
    update report_runs r
       set state = case e.status when 'completed' then 'completed' when 'expired' then 'completed'
                                 when 'failed' then 'failed' else 'cancelled' end,
           export_id = coalesce(e.export_id, r.export_id),
           reason = case e.status when 'failed' then coalesce(e.error ->> 'message', 'The export failed') end,
           finished_at = coalesce(e.completed_at, clock_timestamp()),
           is_done = coalesce(e.status, 'cancelled') = 'cancelled'
      from report_runs o
      left join exports e on e.venue_id = ${venueId} and e.once_id = o.once_id
     where r.venue_id = ${venueId}
       and r.schedule_id = ${scheduleId}::text::uuid
       and not r.is_done
       and o.venue_id = ${venueId}
       and o.run_id = r.run_id
       and (r.state = 'requested' or (r.state = 'pending' and e.export_id is not null))
       and coalesce(e.status, 'gone') not in ('pending', 'running')`
}

/** Runs that have ended and of which nobody was told. */
export const readUntold = (tx: Tx, venueId: string, scheduleId: string) => tx<UntoldRun[]>`
  select run_id as id, state, export_id, reason,
         to_char(due_at at time zone 'UTC', ${iso}) as due_at
    from report_runs
   where venue_id = ${venueId}
     and schedule_id = ${scheduleId}::text::uuid
     and not is_done
     and state in ('completed', 'failed', 'refused')
   order by finished_at`

/** Notes that whoever is to hear of a run was told; `hint` is for who reads the run. */
export async function noteTold(
  tx: Tx,
  venueId: string,
  runId: string,
  hint: string | null,
): Promise<void> {
  await tx`
    update report_runs
       set is_done = true, reason = coalesce(reason, ${hint})
     where venue_id = ${venueId} and run_id = ${runId}::text::uuid`
}

/** Deletes the history of a schedule that is older than its last so many days. */
export async function deleteOldRuns(
  tx: Tx,
  venueId: string,
  scheduleId: string,
  keepDays: number,
): Promise<void> {
  await tx`
    delete from report_runs
     where venue_id = ${venueId}
       and schedule_id = ${scheduleId}::text::uuid
       and is_done
       and created_at < clock_timestamp() - ${keepDays} * interval '1 day'`
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Runs of a schedule, the latest first; of one alone where what it is known by is given. */
export async function listRuns(
  tx: Tx,
  venueId: string,
  scheduleId: string,
  { after, limit }: Page,
  onceId: string | null = null,
): Promise<Listed<ReportRun>[]> {
  const [createdAt = null, id = null] = after?.split(' ') ?? []
  const text = (column: string) => tx`to_char(${tx(column)} at time zone 'UTC', ${iso})`
  const rows = await tx<(ReportRun & { position: string })[]>`
    select run_id as id, started_by, asked_by, ${text('due_at')} as due_at, state, export_id, reason,
           ${text('created_at')} as created_at, ${text('finished_at')} as finished_at,
           ${text('created_at')} || ' ' || run_id as position
      from report_runs
     where venue_id = ${venueId}
       and schedule_id = ${scheduleId}::text::uuid
       and (${onceId}::text is null or once_id = ${onceId})
       and (${createdAt}::text is null
            or (report_runs.created_at, run_id) < (${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by report_runs.created_at desc, run_id desc
     limit ${limit}`
  return rows.map(({ position, ...item }) => ({ item, position }))
}
