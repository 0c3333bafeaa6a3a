import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Run } from './history.ts'

/** How long a run is told of, days. */
const keepDays = 90

/** Notes the start of a run and forgets those that are old enough; returns its id. */
export async function insertRun(
  tx: Tx,
  run: { job: string; startedBy: Run['startedBy']; traceId: string | null },
): Promise<string> {
  await tx`delete from job_runs where started_at < now() - make_interval(days => ${keepDays})`
  const [row] = await tx<{ runId: string }[]>`
    insert into job_runs (job, started_by, trace_id)
    values (${run.job}, ${run.startedBy}, ${run.traceId})
    returning run_id`
  if (!row) throw new Error('an insert returns its row')
  return row.runId
}

/** Notes how a run ended. */
export async function finishRun(
  tx: Tx,
  runId: string,
  end: { counts: Record<string, number> | null; error: string | null },
): Promise<void> {
  await tx`
    update job_runs
       set finished_at = clock_timestamp(),
           counts = ${end.counts && JSON.stringify(end.counts)}::text::jsonb,
           error = ${end.error}
     where run_id = ${runId}`
}

/** Runs of a job, or of all, the latest first. */
export async function listRuns(
  tx: Tx,
  job: string | null,
  { after, limit }: Page,
): Promise<Listed<Run>[]> {
  const [startedAt = null, id = null] = after?.split(' ') ?? []
  const rows = await tx<(Run & { position: string })[]>`
    select run_id as id, job, started_by, trace_id, counts, error,
           to_char(started_at at time zone 'UTC', ${iso}) as started_at,
           to_char(finished_at at time zone 'UTC', ${iso}) as finished_at,
           to_char(started_at at time zone 'UTC', ${iso}) || ' ' || run_id as position,
           case when error is not null then 'failed'
                when finished_at is not null then 'done'
                -- No function runs longer: who ran it has died.
                when started_at < clock_timestamp() - interval '15 minutes' then 'lost'
                else 'running'
            end as outcome
      from job_runs
     where (${job}::text is null or job = ${job}::text)
       and (${startedAt}::text is null
            or (started_at, run_id) < (${startedAt}::text::timestamptz, ${id}::text::uuid))
     order by started_at desc, run_id desc
     limit ${limit}`
  return rows.map(({ position, ...item }) => ({ item, position }))
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
