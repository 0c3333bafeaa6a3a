-- Files that somebody asked for. A row is the whole truth of one: what was asked, how far the worker
-- is, and what was written; the object in the bucket is there only because a row says so.
create table exports (
  venue_id       text not null,
  export_id      uuid not null default gen_random_uuid(),
  -- what the request is known by: one export for each
  once_id        text not null,
  created_by     text not null,
  type           text not null,
  format         text not null check (format in ('csv', 'ndjson', 'json', 'xlsx', 'parquet')),
  -- from, to, zone, filters, options: everything the rows depend on but the ledger
  question       jsonb not null,
  as_of          timestamptz not null,
  status         text not null default 'pending'
                 check (status in ('pending', 'running', 'completed', 'failed', 'cancelled', 'expired')),
  progress       integer not null default 0 check (progress between 0 and 100),
  rows           bigint,
  bytes          bigint,
  sha256         text,
  -- what the present claim writes, and what former claims may have left: [{ "key", "uploadId" }]
  object_key     text,
  upload_id      text,
  leftovers      jsonb not null default '[]',
  manifest       jsonb,
  error          jsonb,
  -- claims by workers, and those that ended with an error
  claims         integer not null default 0,
  failures       integer not null default 0,
  claim_id       uuid,
  claimed_until  timestamptz,
  -- when a worker may take it (again)
  due_at         timestamptz not null default clock_timestamp(),
  created_at     timestamptz not null default clock_timestamp(),
  completed_at   timestamptz,
  expires_at     timestamptz,
  -- nobody sees it any more; the row stays until its object is gone
  deleted_at     timestamptz,
  -- the schedule that asked for it, and the time it was due at
  schedule       jsonb,
  primary key (venue_id, export_id),
  unique (venue_id, once_id)
);
create index exports_by_time on exports (venue_id, created_at, export_id);
create index exports_open on exports (venue_id, due_at) where status in ('pending', 'running');
create index exports_with_objects on exports (venue_id, expires_at) where object_key is not null;

-- What the platform said it holds of each show, one row for each snapshot, append only: a file of
-- the counts is of one moment, and the latest alone (told_counts) would change under it.
create table inventory_told (
  venue_id     text not null,
  show_key     text not null,
  event_id     text not null,
  told_at      timestamptz not null,
  recorded_at  timestamptz not null,
  currency     text not null,
  items        jsonb not null,
  primary key (venue_id, show_key, event_id)
);
create index inventory_told_by_time on inventory_told (venue_id, told_at);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['exports', 'inventory_told']
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

grant select, insert, update, delete on exports to turnout_app, turnout_job;
grant select, insert on inventory_told to turnout_app, turnout_job;

create policy listed_for_jobs on exports for select to turnout_owner using (true);
-- Exports that wait for somebody: due and not taken, left by a worker that died ('work'), or with an
-- object that is not to be kept ('clean').
create function exports_to_tend() returns table (venue_id text, export_id uuid, need text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select e.venue_id, e.export_id,
               case when e.status in ('pending', 'running') then 'work' else 'clean' end
          from public.exports e
         where (e.status = 'pending' and e.due_at < clock_timestamp() - interval '30 seconds')
            or (e.status = 'running' and e.claimed_until < clock_timestamp())
            or (e.status = 'completed' and e.expires_at < clock_timestamp())
            or (e.deleted_at is not null or e.status in ('failed', 'cancelled'))
               and (e.deleted_at is not null or e.object_key is not null or e.leftovers <> '[]')
               and coalesce(e.claimed_until, '-infinity') < clock_timestamp()
            or e.status in ('failed', 'cancelled', 'expired')
               and e.created_at < clock_timestamp() - interval '400 days'
         order by e.due_at $$;
revoke all on function exports_to_tend() from public;
grant execute on function exports_to_tend() to turnout_job;
