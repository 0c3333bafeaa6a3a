-- Counters of the running day that were set back by hand. Ingests of a venue are recorded one after
-- the other and a reset takes its turn among them: what was recorded until then is not counted.
create table counter_resets (
  venue_id        text not null,
  -- of the catalogue, or of the venue's own
  name            text not null,
  recorded_until  timestamptz not null,
  reset_at        timestamptz not null,
  primary key (venue_id, name)
);
alter table counter_resets enable row level security;
alter table counter_resets force row level security;
create policy own_venue on counter_resets
  using (venue_id = nullif(current_setting('app.venue_id', true), ''))
  with check (venue_id = nullif(current_setting('app.venue_id', true), ''));
grant select, insert, update on counter_resets to turnout_app;
grant select on counter_resets to turnout_job;

-- The venues whose live numbers belong into Redis, with what tells whether they are there.
create function venues_recorded_lately()
  returns table (venue_id text, time_zone text, day_start text, week_start text,
                 last_recorded_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select v.venue_id, v.time_zone, v.day_start, v.week_start, v.last_recorded_at
          from public.venues v
         where v.last_recorded_at > now() - interval '2 days'
           and not v.days_stale $$;
revoke all on function venues_recorded_lately() from public;
grant execute on function venues_recorded_lately() to turnout_job;
