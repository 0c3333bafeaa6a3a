-- Who was seen in a venue, and with which role: what a schedule may do when nobody is there.
create table venue_members (
  venue_id  text not null,
  user_id   text not null,
  role      text not null check (role in ('viewer', 'analyst', 'manager', 'owner')),
  seen_at   timestamptz not null default clock_timestamp(),
  primary key (venue_id, user_id)
);

-- Exports that are asked for again and again, by a rule of RFC 5545.
create table report_schedules (
  venue_id       text not null,
  schedule_id    uuid not null default gen_random_uuid(),
  -- what the request that made it is known by: one schedule for each
  once_id        text not null,
  created_by     text not null,
  created_at     timestamptz not null default clock_timestamp(),
  revision       integer not null default 1,
  name           text not null,
  rule           text not null,
  -- by the clocks of its zone: 'YYYY-MM-DDTHH:MM'
  starts_at      text not null,
  -- null: the venue's, whatever it is
  tz             text,
  type           text not null,
  format         text not null,
  period         text not null check (period in ('previous_day', 'previous_7_days', 'previous_week',
                                                 'previous_month', 'month_to_date', 'all')),
  filters        jsonb not null,
  options        jsonb not null,
  -- user ids
  recipients     jsonb not null,
  enabled        boolean not null,
  -- why the clock has let it be; null: it runs
  paused_reason  text,
  -- the plan: the first time after a moment by the clocks of a zone; null: none to come
  next_run_at    timestamptz,
  planned_after  timestamptz not null,
  planned_zone   text not null,
  primary key (venue_id, schedule_id),
  unique (venue_id, once_id)
);
create index report_schedules_by_time on report_schedules (venue_id, created_at, schedule_id);

-- What was made of a schedule, one row for each due time and for each wish of somebody.
create table report_runs (
  venue_id      text not null,
  run_id        uuid not null default gen_random_uuid(),
  schedule_id   uuid not null,
  -- what its export is known by, too: one run and one export for each
  once_id       text not null,
  started_by    text not null check (started_by in ('clock', 'hand')),
  -- whose export it is
  asked_by      text not null,
  due_at        timestamptz not null,
  created_at    timestamptz not null default clock_timestamp(),
  state         text not null check (state in ('pending', 'requested', 'completed', 'failed',
                                               'cancelled', 'refused')),
  export_id     uuid,
  reason        text,
  finished_at   timestamptz,
  -- it has ended, and whoever is to hear of it was told
  is_done       boolean not null default false,
  primary key (venue_id, run_id),
  unique (venue_id, once_id)
);
create index report_runs_by_time on report_runs (venue_id, schedule_id, created_at, run_id);
create index report_runs_open on report_runs (venue_id, schedule_id) where not is_done;

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['venue_members', 'report_schedules', 'report_runs']
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

grant select, insert, update on venue_members to turnout_app;
grant select on venue_members to turnout_job;
grant select, insert, update, delete on report_schedules, report_runs to turnout_app;
grant select, update on report_schedules to turnout_job;
grant select, insert, update, delete on report_runs to turnout_job;

create policy listed_for_jobs on report_schedules for select to turnout_owner using (true);
create policy listed_for_jobs on report_runs for select to turnout_owner using (true);
-- Schedules that are due or planned by the clocks of another zone than theirs now, and those with a
-- run that nobody has asked an export for, or whose end nobody has told.
create function reports_to_tend(moment timestamptz) returns table (venue_id text, schedule_id uuid)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select s.venue_id, s.schedule_id
          from public.report_schedules s
          left join public.venues v on v.venue_id = s.venue_id
         where (s.enabled and s.paused_reason is null
                and (s.next_run_at <= moment
                     or s.planned_zone <> coalesce(s.tz, v.time_zone, 'UTC')))
            or exists (select
                         from public.report_runs r
                         left join public.exports e
                                on e.venue_id = r.venue_id and e.once_id = r.once_id
                        where r.venue_id = s.venue_id
                          and r.schedule_id = s.schedule_id
                          and not r.is_done
                          and (r.state <> 'requested'
                               or coalesce(e.status, 'gone') not in ('pending', 'running')))
         order by s.next_run_at, s.venue_id, s.schedule_id $$;
revoke all on function reports_to_tend(timestamptz) from public;
grant execute on function reports_to_tend(timestamptz) to turnout_job;
