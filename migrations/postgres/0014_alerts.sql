-- What happens where nobody takes care of an alert: steps with delays.
create table escalation_policies (
  venue_id        text not null,
  policy_id       uuid not null default gen_random_uuid(),
  -- what the request that made it is known by: one for each
  once_id         text not null,
  created_by      text not null,
  created_at      timestamptz not null default clock_timestamp(),
  revision        integer not null default 1,
  name            text not null,
  -- [{ after, contactPointIds }], the soonest first
  steps           jsonb not null,
  -- of one rule so much time lies between messages that something fires; a duration
  group_interval  text not null,
  -- null: told once
  repeat_every    text,
  primary key (venue_id, policy_id),
  unique (venue_id, once_id)
);
create index escalation_policies_by_time on escalation_policies (venue_id, created_at, policy_id);

create table alerts (
  venue_id              text not null,
  alert_id              uuid not null default gen_random_uuid(),
  once_id               text not null,
  created_by            text not null,
  created_at            timestamptz not null default clock_timestamp(),
  revision              integer not null default 1,
  name                  text not null,
  severity              text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  -- the rule whole, with its name, severity and the like
  rule                  jsonb not null,
  enabled               boolean not null,
  escalation_policy_id  uuid,
  -- how often it has fired
  trigger_count         bigint not null default 0,
  last_triggered_at     timestamptz,
  -- how its last evaluation went
  health                text not null default 'ok' check (health in ('ok', 'no_data', 'error', 'stale')),
  fault                 text,
  evaluated_at          timestamptz,
  -- its last message that something fires
  told_at               timestamptz,
  primary key (venue_id, alert_id),
  unique (venue_id, once_id),
  foreign key (venue_id, escalation_policy_id) references escalation_policies (venue_id, policy_id)
);
create index alerts_by_time on alerts (venue_id, created_at, alert_id);
create index alerts_by_policy on alerts (venue_id, escalation_policy_id);

-- What the machine remembers of each group of a rule.
create table alert_states (
  venue_id    text not null,
  alert_id    uuid not null,
  labels_key  text not null,
  state       jsonb not null,
  primary key (venue_id, alert_id, labels_key)
);

-- The ticks that were done: each of them once.
create table alert_ticks (
  venue_id   text not null primary key,
  ticked_at  timestamptz not null
);

create table alert_instances (
  venue_id           text not null,
  instance_id        uuid not null default gen_random_uuid(),
  alert_id           uuid not null,
  labels_key         text not null,
  labels             jsonb not null,
  -- of the rule when it fired
  name               text not null,
  severity           text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  metric             text not null,
  threshold          text not null,
  status             text not null check (status in ('firing', 'recovering', 'resolved')),
  cause              text not null check (cause in ('condition', 'no_data', 'error')),
  value              double precision,
  compared           double precision,
  fired_at           timestamptz not null,
  -- ticks at which the condition held
  trigger_count      bigint not null,
  last_triggered_at  timestamptz not null,
  -- when anybody was told; null: nobody was, it is muted
  told_at            timestamptz,
  acknowledged_at    timestamptz,
  acknowledged_by    text,
  assigned_to        text,
  resolved_at        timestamptz,
  -- null: by itself
  resolved_by        text,
  resolve_reason     text,
  -- the policy's steps that are done, and when the next or a repetition is due
  steps_done         integer not null default 0,
  next_step_at       timestamptz,
  primary key (venue_id, instance_id)
);
create unique index alert_instances_open on alert_instances (venue_id, alert_id, labels_key)
  where status <> 'resolved';
create index alert_instances_by_time on alert_instances (venue_id, fired_at, instance_id);
create index alert_instances_by_alert on alert_instances (venue_id, alert_id, fired_at);
create index alert_instances_due on alert_instances (venue_id, next_step_at)
  where next_step_at is not null;

-- What happened to an instance, and who did it; null: the machine.
create table alert_history (
  venue_id     text not null,
  instance_id  uuid not null,
  entry        bigint generated always as identity,
  at           timestamptz not null default clock_timestamp(),
  by_user      text,
  kind         text not null check (kind in ('fired', 'muted', 'told', 'recovering', 'resumed', 'resolved',
                                             'acknowledged', 'assigned', 'commented', 'escalated',
                                             'repeated')),
  note         text,
  primary key (venue_id, instance_id, entry)
);

create table silences (
  venue_id    text not null,
  silence_id  uuid not null default gen_random_uuid(),
  once_id     text not null,
  created_by  text not null,
  created_at  timestamptz not null default clock_timestamp(),
  -- [{ name, op, value or values }]: all of them hold
  matchers    jsonb not null,
  comment     text not null,
  starts_at   timestamptz not null,
  ends_at     timestamptz not null,
  primary key (venue_id, silence_id),
  unique (venue_id, once_id)
);
create index silences_by_time on silences (venue_id, created_at, silence_id);
create index silences_by_end on silences (venue_id, ends_at);

-- Hours that come again and again in which nobody is told of an alert.
create table mute_windows (
  venue_id        text not null,
  mute_window_id  uuid not null default gen_random_uuid(),
  once_id         text not null,
  created_by      text not null,
  created_at      timestamptz not null default clock_timestamp(),
  revision        integer not null default 1,
  name            text not null,
  -- { tz, days, from, to }
  hours           jsonb not null,
  -- as of a silence; none: every alert
  matchers        jsonb not null,
  enabled         boolean not null,
  primary key (venue_id, mute_window_id),
  unique (venue_id, once_id)
);
create index mute_windows_by_time on mute_windows (venue_id, created_at, mute_window_id);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['escalation_policies', 'alerts', 'alert_states', 'alert_ticks',
                                      'alert_instances', 'alert_history', 'silences', 'mute_windows']
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

grant select, insert, update, delete
   on escalation_policies, alerts, alert_states, alert_instances, silences, mute_windows to turnout_app;
grant select, insert on alert_history to turnout_app;
grant select on alert_ticks to turnout_app;
grant select on escalation_policies, silences, mute_windows to turnout_job;
grant select, update on alerts to turnout_job;
grant select, insert, update, delete on alert_states to turnout_job;
grant select, insert, update on alert_ticks to turnout_job;
grant select, insert, update, delete on alert_instances, alert_history to turnout_job;

create policy listed_for_jobs on alerts for select to turnout_owner using (true);
create policy listed_for_jobs on alert_instances for select to turnout_owner using (true);
-- The venues with something to evaluate, to escalate or to forget.
create function venues_with_alerts() returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select a.venue_id from public.alerts a where a.enabled
         union
        select i.venue_id from public.alert_instances i where i.next_step_at is not null
         union
        select i.venue_id
          from public.alert_instances i
         where i.status = 'resolved' and i.resolved_at < clock_timestamp() - interval '400 days' $$;
revoke all on function venues_with_alerts() from public;
grant execute on function venues_with_alerts() to turnout_job;
