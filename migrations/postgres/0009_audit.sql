-- What the platform counted in its own books, the latest told: for each show and business day
-- (orders.checksum) or for each show (inventory.snapshot). Held against ours; it counts nothing.
create table told_counts (
  venue_id  text not null,
  kind      text not null check (kind in ('orders.checksum', 'inventory.snapshot')),
  -- '' where no show is named: then of the whole venue
  show_key  text not null,
  -- 'YYYY-MM-DD' and the currency of a checksum, '' of a snapshot
  date      text not null,
  currency  text not null,
  event_id  text not null,
  told_at   timestamptz not null,
  counts    jsonb not null,
  primary key (venue_id, kind, show_key, date, currency)
);
create index told_counts_by_time on told_counts (venue_id, told_at);

-- When each source last told of something: { "checkout": { "occurredAt", "recordedAt" } }.
alter table venues add column sources jsonb not null default '{}';

-- Runs of the audit. Each step is one transaction that moves the state on, so that one which died is
-- done again from its beginning.
create table audit_runs (
  venue_id      text not null,
  run_id        uuid not null default gen_random_uuid(),
  -- a night, or what a request is known by: one run for each
  occasion      text not null,
  started_by    text not null check (started_by in ('clock', 'hand')),
  state         text not null default 'sums'
                check (state in ('sums', 'copies', 'archive', 'done')),
  -- business days: [["2026-06-01", "2026-06-02"], …], the last of each not included
  spans         jsonb not null,
  requested_at  timestamptz not null default clock_timestamp(),
  finished_at   timestamptz,
  -- what was compared, found and healed, by its store
  results       jsonb not null default '[]',
  archive       jsonb,
  primary key (venue_id, run_id),
  unique (venue_id, occasion)
);
create index audit_runs_by_time on audit_runs (venue_id, requested_at, run_id);
create index audit_runs_open on audit_runs (venue_id) where state <> 'done';

-- What differed: the measures that did, as stored and as the ledger has them.
create table audit_findings (
  venue_id    text not null,
  run_id      uuid not null,
  finding_id  bigint generated always as identity,
  store       text not null,
  place       jsonb not null,
  stored      jsonb,
  recomputed  jsonb,
  healed      boolean not null,
  primary key (venue_id, run_id, finding_id)
);

-- What was recorded on a day, to be looked for in the archive.
create index inbox_by_recording on inbox (venue_id, recorded_at, event_id);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['told_counts', 'audit_runs', 'audit_findings']
  loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format(
      $policy$create policy own_venue on %I
        using (venue_id = nullif(current_setting('app.venue_id', true), ''))
        with check (venue_id = nullif(current_setting('app.venue_id', true), ''))$policy$,
      tenant_table);
  end loop;
end $$;

grant select, insert, update on told_counts to turnout_app;
grant select on told_counts to turnout_job;
grant select, insert on audit_runs to turnout_app;
grant select on audit_findings to turnout_app;
grant select, insert, update on audit_runs to turnout_job;
grant select, insert on audit_findings to turnout_job;

create policy listed_for_jobs on audit_runs for select to turnout_owner using (true);
-- Venues without a finished run of the night, or with one that was asked for and is not done.
create function venues_to_audit(night text) returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select v.venue_id
          from public.venues v
         where v.last_recorded_at is not null
           and (not exists (select from public.audit_runs r
                             where r.venue_id = v.venue_id and r.occasion = night
                               and r.state = 'done')
                or exists (select from public.audit_runs r
                            where r.venue_id = v.venue_id and r.state <> 'done')) $$;
revoke all on function venues_to_audit(text) from public;
grant execute on function venues_to_audit(text) to turnout_job;
