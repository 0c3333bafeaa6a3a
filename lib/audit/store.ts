import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Finding, Run } from './schema.ts'

export type State = 'sums' | 'copies' | 'archive' | 'done'
/** Business days by their dates; the last is not included. */
export type DateSpan = [from: string, to: string]

/** The venues that lack a finished run of a night, or wait for one. */
export const venuesToAudit = (tx: Tx, night: string) => tx<{ venueId: string }[]>`
  select venue_id from venues_to_audit(${night})`

/** Notes a run; where one of the occasion exists that one stays. */
export async function insertRun(
  tx: Tx,
  venueId: string,
  run: { occasion: string; startedBy: 'clock' | 'hand'; spans: DateSpan[] },
): Promise<string> {
  await tx`
    insert into audit_runs (venue_id, occasion, started_by, spans)
    values (${venueId}, ${run.occasion}, ${run.startedBy},
            ${JSON.stringify(run.spans)}::text::jsonb)
        on conflict (venue_id, occasion) do nothing`
  const [row] = await tx<{ runId: string }[]>`
    select run_id
      from audit_runs
     where venue_id = ${venueId} and occasion = ${run.occasion}`
  if (!row) throw new Error('the run was inserted or is there')
  return row.runId
}

/** Whether the venue has a run of the occasion. */
export async function hasRun(tx: Tx, venueId: string, occasion: string): Promise<boolean> {
  const rows = await tx`
    select from audit_runs where venue_id = ${venueId} and occasion = ${occasion}`
  return rows.count > 0
}

export type OpenRun = { runId: string; state: State; spans: DateSpan[] }

/** Takes the latest run that is not done for this transaction, unless another is at it. */
export async function takeRun(tx: Tx, venueId: string): Promise<OpenRun | undefined> {
  const [row] = await tx<OpenRun[]>`
    select run_id, state, spans
      from audit_runs
     where venue_id = ${venueId} and state <> 'done'
     order by requested_at desc
     limit 1
       for update skip locked`
  return row
}

/** Notes what a step did and that the next one is due. */
export async function finishStep(
  tx: Tx,
  venueId: string,
  runId: string,
  step: { state: State; results: unknown[]; archive: unknown },
): Promise<void> {
  await tx`
    update audit_runs
       set state = ${step.state},
           results = results || ${JSON.stringify(step.results)}::text::jsonb,
           archive = coalesce(${JSON.stringify(step.archive)}::text::jsonb, archive),
           finished_at = case when ${step.state} = 'done' then clock_timestamp() end
     where venue_id = ${venueId} and run_id = ${runId}`
}

/** Keeps differences one by one. */
export async function insertFindings(
  tx: Tx,
  venueId: string,
  runId: string,
  findings: Finding[],
): Promise<void> {
  if (findings.length === 0) return
  await tx`
    insert into audit_findings (venue_id, run_id, store, place, stored, recomputed, healed)
    select ${venueId}, ${runId}, f ->> 'store', f -> 'place', nullif(f -> 'stored', 'null'),
           nullif(f -> 'recomputed', 'null'), (f ->> 'healed')::boolean
      from jsonb_array_elements(${JSON.stringify(findings)}::text::jsonb) as f`
}

/** An instant of an older entry: the first at or after a moment, else the first of all. */
export async function readOlder(
  tx: Tx,
  venueId: string,
  { before, share }: { before: number; share: number },
): Promise<number | null> {
  const until = tx`${new Date(before).toISOString()}::text::timestamptz`
  const [row] = await tx<{ at: number | null }[]>`
    select (extract(epoch from e.at) * 1000)::float8 as at
      from (select min(occurred_at) as first from ledger where venue_id = ${venueId}) f
     cross join lateral (
           select coalesce(min(occurred_at), f.first) as at
             from ledger
            where venue_id = ${venueId}
              and occurred_at >= f.first + (${until} - f.first) * ${share}::float8
              and occurred_at < ${until}) e
     where f.first < ${until}`
  return row?.at ?? null
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Runs of the venue, the latest first; of one alone where its id is given. */
export async function listRuns(
  tx: Tx,
  venueId: string,
  { after, limit }: Page,
  runId: string | null = null,
): Promise<Listed<Run>[]> {
  const [requestedAt = null, id = null] = after?.split(' ') ?? []
  const rows = await tx<(Omit<Run, 'spans'> & { spans: DateSpan[]; position: string })[]>`
    select run_id as id, started_by,
           case state when 'done' then 'done' when 'sums' then 'pending' else 'running' end as state,
           spans, results, archive,
           to_char(requested_at at time zone 'UTC', ${iso}) as requested_at,
           to_char(finished_at at time zone 'UTC', ${iso}) as finished_at,
           to_char(requested_at at time zone 'UTC', ${iso}) || ' ' || run_id as position
      from audit_runs
     where venue_id = ${venueId}
       and (${runId}::text is null or run_id = ${runId}::text::uuid)
       and (${requestedAt}::text is null
            or (requested_at, run_id) < (${requestedAt}::text::timestamptz, ${id}::text::uuid))
     order by requested_at desc, run_id desc
     limit ${limit}`
  return rows.map(({ position, spans, ...run }) => ({
    item: { ...run, spans: spans.map(([from, to]) => ({ from, to })) },
    position,
  }))
}

/** The differences that a run has kept, at most `limit`. */
export const readFindings = (tx: Tx, venueId: string, runId: string, limit: number) => tx<
  Finding[]
>`
  select store, place, stored, recomputed, healed
    from audit_findings
   where venue_id = ${venueId} and run_id = ${runId}
   order by finding_id
   limit ${limit}`
