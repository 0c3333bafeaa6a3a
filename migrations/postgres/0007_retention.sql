-- How long a venue keeps what is not counted. A class that keep_months does not name has its
-- default (lib/retention/classes.ts).
create table retention (
  venue_id        text primary key,
  keep_months     jsonb not null default '{}',
  revision        integer not null default 0,
  changed_at      timestamptz,
  changed_by      text,
  -- by class: what was received before then may be gone, whatever the policy says today
  deleted_before  jsonb not null default '{}',
  -- when old rows of the venue were last looked for
  swept_at        timestamptz
);

alter table retention enable row level security;
alter table retention force row level security;
create policy own_venue on retention
  using (venue_id = nullif(current_setting('app.venue_id', true), ''))
  with check (venue_id = nullif(current_setting('app.venue_id', true), ''));
grant select, insert, update on retention to turnout_app, turnout_job;
grant delete on intake to turnout_job;

-- The job goes from venue to venue, first to those it has not been to for longest. A venue of
-- which nothing was ever counted is known by its quarantine; the search hops in the index.
create policy listed_for_jobs on retention for select to turnout_owner using (true);
create policy listed_for_jobs on quarantine for select to turnout_owner using (true);
create function venues_to_sweep() returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    with recursive refused (venue_id) as (
      (select q.venue_id from public.quarantine q order by q.venue_id limit 1)
      union all
      select (select q.venue_id
                from public.quarantine q
               where q.venue_id > r.venue_id
               order by q.venue_id
               limit 1)
        from refused r
       where r.venue_id is not null
    )
    select known.venue_id
      from (select v.venue_id from public.venues v
             union
            select r.venue_id from refused r where r.venue_id is not null
             union
            select t.venue_id from public.retention t) known
      left join public.retention t on t.venue_id = known.venue_id
     order by t.swept_at nulls first, known.venue_id
  $$;
revoke all on function venues_to_sweep() from public;
grant execute on function venues_to_sweep() to turnout_job;

-- The history is long now, and rare jobs are asked for by name.
create index job_runs_by_job on job_runs (job, started_at, run_id);
