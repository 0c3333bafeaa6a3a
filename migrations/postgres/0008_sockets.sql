-- Who listens on sockets, to what, and what they were told last. The venue_id of these tables is a
-- venue, or user:… for the channel of a person.

-- One-time tickets to connect with. Of a person, not of a venue, and no number is in them.
create table socket_tickets (
  -- SHA-256: whoever reads the table cannot connect
  digest      text primary key,
  caller      jsonb not null,
  expires_at  timestamptz not null
);

-- Open sockets. Of a person, who may have a part in several venues.
create table connections (
  connection_id    text primary key,
  user_id          text not null,
  caller           jsonb not null,
  auth_expires_at  timestamptz not null,
  bad_auths        integer not null default 0,
  -- what it listens to; a subscription that is not among them is over
  channels         text[] not null default '{}',
  connected_at     timestamptz not null default clock_timestamp(),
  last_seen_at     timestamptz not null default clock_timestamp()
);
create index connections_by_user on connections (user_id);

-- The sockets of a channel, to be found from the venue.
create table subscriptions (
  venue_id       text not null,
  channel        text not null,
  connection_id  text not null,
  -- since when a message of the channel could not be handed over
  behind_since   timestamptz,
  primary key (venue_id, channel, connection_id)
);

-- What a channel says. seq counts its changes and never starts again.
create table channels (
  venue_id      text not null,
  channel       text not null,
  seq           bigint not null,
  state         jsonb not null,
  as_of         timestamptz not null,
  -- the last change that was handed to all who listen
  told_seq      bigint not null,
  -- announced from outside, and not a change yet
  pending       jsonb,
  announced_at  timestamptz,
  primary key (venue_id, channel)
);

-- A row for each venue that is watched: at most one message about it is on its way.
create table announcements (
  venue_id  text primary key,
  -- when the message on its way was sent; null when there is none
  sent_at   timestamptz,
  told_at   timestamptz
);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['subscriptions', 'channels', 'announcements']
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
   on socket_tickets, connections, subscriptions, channels, announcements
   to turnout_app, turnout_job;

-- The clock announces what is watched.
create policy listed_for_jobs on announcements for select to turnout_owner using (true);
create function watched_venues() returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select a.venue_id from public.announcements a $$;
revoke all on function watched_venues() from public;
grant execute on function watched_venues() to turnout_job;
