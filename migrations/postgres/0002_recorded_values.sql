-- Values of a venue's own metrics, as metric.recorded tells them. Exact decimals, never floats.
create table recorded_values (
  venue_id     text not null,
  event_id     text not null,
  name         text not null,
  value        numeric not null,
  unit         text,
  dimensions   jsonb not null,
  test_mode    boolean not null,
  occurred_at  timestamptz not null,
  recorded_at  timestamptz not null,
  primary key (venue_id, event_id)
);
create index recorded_values_by_time on recorded_values (venue_id, name, occurred_at);

alter table recorded_values enable row level security;
alter table recorded_values force row level security;
create policy own_venue on recorded_values
  using (venue_id = nullif(current_setting('app.venue_id', true), ''))
  with check (venue_id = nullif(current_setting('app.venue_id', true), ''));
grant select, insert on recorded_values to turnout_app, turnout_job;
