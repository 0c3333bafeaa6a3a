-- Where messages of a venue go. The target, an address or a secret, is sealed; nobody is told more of
-- it than the hint.
create table contact_points (
  venue_id          text not null,
  contact_point_id  uuid not null default gen_random_uuid(),
  -- what the request that made it is known by: one contact point for each
  once_id           text not null,
  created_by        text not null,
  created_at        timestamptz not null default clock_timestamp(),
  revision          integer not null default 1,
  name              text not null,
  kind              text not null check (kind in ('email', 'sms', 'push', 'slack', 'webhook')),
  target            bytea not null,
  hint              text not null,
  -- the person that it reaches, whose preferences then hold
  user_id           text,
  locale            text not null,
  enabled           boolean not null,
  per_minute        integer not null check (per_minute > 0),
  -- until when what was sent fills the minute
  busy_until        timestamptz not null default '-infinity',
  primary key (venue_id, contact_point_id),
  unique (venue_id, once_id)
);
create index contact_points_by_time on contact_points (venue_id, created_at, contact_point_id);

-- The outbox: a message is written in the transaction of what it tells, and sent afterwards.
create table messages (
  venue_id          text not null,
  message_id        uuid not null default gen_random_uuid(),
  -- one message for each; the receiver is told it, too
  dedupe_key        text not null,
  template          text not null,
  data              jsonb not null,
  severity          text not null default 'info' check (severity in ('info', 'warning', 'critical')),
  contact_point_id  uuid not null,
  group_key         text,
  status            text not null default 'pending' check (status in ('pending', 'sent', 'failed', 'dead')),
  -- of all attempts, and of those since somebody last asked for it by hand
  attempts          integer not null default 0,
  tries             integer not null default 0,
  claim_id          uuid,
  claimed_until     timestamptz,
  due_at            timestamptz not null default clock_timestamp(),
  -- the message that it is sent with
  grouped_into      uuid,
  provider_id       text,
  reason            text,
  created_at        timestamptz not null default clock_timestamp(),
  sent_at           timestamptz,
  primary key (venue_id, message_id),
  unique (venue_id, dedupe_key)
);
create index messages_by_time on messages (venue_id, created_at, message_id);
create index messages_open on messages (venue_id, due_at)
  where status in ('pending', 'failed') and grouped_into is null;
create index messages_in_groups on messages (venue_id, contact_point_id, group_key)
  where status = 'pending' and grouped_into is null;
create index messages_grouped on messages (venue_id, grouped_into) where grouped_into is not null;

-- What became of each sending. One without an end is at work, or died.
create table message_attempts (
  venue_id     text not null,
  message_id   uuid not null,
  attempt      integer not null,
  claim_id     uuid not null,
  started_at   timestamptz not null default clock_timestamp(),
  ended_at     timestamptz,
  outcome      text check (outcome in ('sent', 'passing', 'permanent')),
  provider_id  text,
  http_status  integer,
  reason       text,
  primary key (venue_id, message_id, attempt)
);

-- What a venue says in place of the texts that come with the service.
create table message_templates (
  venue_id    text not null,
  template    text not null,
  locale      text not null,
  revision    integer not null default 1,
  subject     text not null,
  body        text not null,
  updated_by  text not null,
  updated_at  timestamptz not null default clock_timestamp(),
  primary key (venue_id, template, locale)
);

-- How a person wants to be reached, whatever the venue.
create table notification_preferences (
  user_id      text primary key,
  revision     integer not null default 1,
  preferences  jsonb not null,
  updated_at   timestamptz not null default clock_timestamp()
);

-- Where else than to people a report is told.
alter table report_schedules add column contact_point_ids jsonb not null default '[]';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['contact_points', 'messages', 'message_attempts',
                                      'message_templates']
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

grant select, insert, update, delete on contact_points to turnout_app;
grant select, update on contact_points to turnout_job;
grant select, insert, update on messages to turnout_app;
grant select, insert, update, delete on messages to turnout_job;
grant select on message_attempts to turnout_app;
grant select, insert, update, delete on message_attempts to turnout_job;
grant select, insert, update, delete on message_templates to turnout_app;
grant select on message_templates to turnout_job;
grant select, insert, update on notification_preferences to turnout_app;
grant select on notification_preferences to turnout_job;

create policy listed_for_jobs on messages for select to turnout_owner using (true);
-- Messages that are due and that nobody has; of venues with messages older than 90 days one row each
-- without a message.
create function messages_to_tend() returns table (venue_id text, message_id uuid)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ (select m.venue_id, m.message_id
           from public.messages m
          where m.status in ('pending', 'failed')
            and m.grouped_into is null
            and m.due_at < clock_timestamp()
            and coalesce(m.claimed_until, '-infinity') < clock_timestamp()
          order by m.due_at
          limit 20000)
         union all
        (with recursive venues_of_messages as (
           select min(m.venue_id) as venue_id from public.messages m
            union all
           select (select min(m.venue_id) from public.messages m where m.venue_id > v.venue_id)
             from venues_of_messages v
            where v.venue_id is not null)
         select v.venue_id, null::uuid
           from venues_of_messages v
          where exists (select
                          from public.messages m
                         where m.venue_id = v.venue_id
                           and m.created_at < clock_timestamp() - interval '90 days'
                           and m.status in ('sent', 'dead'))) $$;
revoke all on function messages_to_tend() from public;
grant execute on function messages_to_tend() to turnout_job;
