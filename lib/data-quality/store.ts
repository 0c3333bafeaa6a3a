import type { Tx } from '../clients/postgres.ts'
import type { Sources } from '../venues/sources.ts'
import type { DataQuality } from './schema.ts'

export type State = {
  sources: Sources
  madeUntil: string | null
  /** When the oldest entry was recorded that is not in the windows. */
  behindSince: string | null
  lastAudit: DataQuality['lastAudit']
}

/** How far the work of jobs is, and who told what last; undefined for a venue of nobody's. */
export async function readState(tx: Tx, venueId: string): Promise<State | undefined> {
  const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
  const [row] = await tx<State[]>`
    select v.sources,
           case when isfinite(a.aggregated_until)
                then to_char(a.aggregated_until at time zone 'UTC', ${iso}) end as made_until,
           (select to_char(min(l.recorded_at) at time zone 'UTC', ${iso})
              from ledger l
             where l.venue_id = ${venueId}
               and l.recorded_at > coalesce(a.aggregated_until, '-infinity')) as behind_since,
           (select jsonb_build_object(
                     'id', r.run_id,
                     'finishedAt', to_char(r.finished_at at time zone 'UTC', ${iso}),
                     'found', (select coalesce(sum((x ->> 'found')::int), 0)
                                 from jsonb_array_elements(r.results) x),
                     'healed', (select coalesce(sum((x ->> 'healed')::int), 0)
                                  from jsonb_array_elements(r.results) x),
                     'archive', r.archive -> 'state')
              from audit_runs r
             where r.venue_id = ${venueId} and r.state = 'done'
             order by r.requested_at desc
             limit 1) as last_audit
      from venues v
      left join aggregations a on a.venue_id = v.venue_id
     where v.venue_id = ${venueId}`
  return row
}
