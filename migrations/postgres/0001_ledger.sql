-- The ledger and what answers questions fast. Every table of a venue begins its keys with venue_id.

create table venues (
  venue_id          text primary key,
  name              text,
  time_zone         text not null default 'UTC',
  day_start         text not null default '00:00',
  week_start        text not null default 'monday',
  currency          text not null default 'USD',
  -- the venue.updated event or the change by hand that set the row: the latest wins
  settled_at        timestamptz not null default '0001-01-01T00:00:00Z',
  settled_by        text not null default '',
  revision          integer not null default 0,
  -- the last moment an ingest of this venue was recorded: an answer is true as of it
  last_recorded_at  timestamptz,
  -- the day tier was made for another zone and is being made anew: it must not be read
  days_stale        boolean not null default false,
  -- raw copies wait in raw_outbox
  archive_behind    boolean not null default false,
  -- some order was paid by events of different dimensions: groups of orders are counted by lines
  split_orders      boolean not null default false
);

-- The events seen. A row here is the proof that an event is counted.
create table inbox (
  venue_id     text not null,
  event_id     text not null,
  fingerprint  text not null,
  recorded_at  timestamptz not null,
  primary key (venue_id, event_id)
);

-- One row for each combination of dimensions that occurred; series_id is made from them.
create table series (
  venue_id     text not null,
  series_id    uuid not null,
  event        text,
  session      text,
  ticket_type  text,
  channel      text,
  currency     text,
  promo_code   text,
  gate         text,
  scan_reason  text,
  source       text,
  test_mode    boolean not null,
  primary key (venue_id, series_id)
);

-- Signed entries, append only. A measure that an entry does not touch is null. Money in minor units.
create table ledger (
  venue_id           text not null,
  entry_id           bigint generated always as identity,
  event_id           text not null,
  order_id           text,
  customer_ref       text,
  series_id          uuid not null,
  occurred_at        timestamptz not null,
  recorded_at        timestamptz not null,
  orders             bigint,
  tickets_sold       bigint,
  comps              bigint,
  gross_revenue      bigint,
  discounts          bigint,
  taxes              bigint,
  fees               bigint,
  refunds            bigint,
  chargebacks        bigint,
  orders_cancelled   bigint,
  tickets_cancelled  bigint,
  cancelled_value    bigint,
  tickets_refunded   bigint,
  scans_accepted     bigint,
  scans_rejected     bigint,
  admissions         bigint,
  inside_now         bigint,
  page_views         bigint,
  searches           bigint,
  carts_abandoned    bigint,
  primary key (venue_id, entry_id)
);
create index ledger_by_time on ledger (venue_id, occurred_at);
create index ledger_by_order on ledger (venue_id, order_id) where order_id is not null;

-- Sums of the ledger: tier 'quarter' by quarter hours of UTC, which every zone of today divides
-- into; tier 'day' by business days of the venue, keyed by the instant the day begins. A measure
-- that no entry touched is null: that tells "nothing" from "zero".
create table buckets (
  venue_id           text not null,
  tier               text not null check (tier in ('quarter', 'day')),
  bucket             timestamptz not null,
  series_id          uuid not null,
  orders             bigint,
  tickets_sold       bigint,
  comps              bigint,
  gross_revenue      bigint,
  discounts          bigint,
  taxes              bigint,
  fees               bigint,
  refunds            bigint,
  chargebacks        bigint,
  orders_cancelled   bigint,
  tickets_cancelled  bigint,
  cancelled_value    bigint,
  tickets_refunded   bigint,
  scans_accepted     bigint,
  scans_rejected     bigint,
  admissions         bigint,
  inside_now         bigint,
  page_views         bigint,
  searches           bigint,
  carts_abandoned    bigint,
  -- how many ledger entries the row sums
  entries            bigint not null,
  primary key (venue_id, tier, bucket, series_id)
);

-- What each order was paid and cancelled by, so that a late or early message books the same.
create table order_events (
  venue_id     text not null,
  order_id     text not null,
  event_id     text not null,
  kind         text not null check (kind in ('paid', 'cancelled')),
  occurred_at  timestamptz not null,
  recorded_at  timestamptz not null,
  body         jsonb not null,
  primary key (venue_id, order_id, event_id)
);

-- The first accepted entry of each ticket to each show. show_key is '' where no show is named. A
-- rehearsal with a real ticket must not take its entry: tests have first entries of their own.
create table ticket_entries (
  venue_id     text not null,
  show_key     text not null,
  ticket_id    text not null,
  test_mode    boolean not null,
  event_id     text not null,
  occurred_at  timestamptz not null,
  quantity     bigint not null,
  dimensions   jsonb not null,
  primary key (venue_id, show_key, ticket_id, test_mode)
);

create table shows (
  venue_id     text not null,
  show_id      text not null,
  name         text,
  starts_at    timestamptz,
  ends_at      timestamptz,
  doors_at     timestamptz,
  on_sale_at   timestamptz,
  time_zone    text,
  capacity     bigint,
  status       text,
  category     text,
  -- told by sales and scans before the show itself is described
  hinted_at    timestamptz,
  settled_at   timestamptz not null default '0001-01-01T00:00:00Z',
  settled_by   text not null default '',
  primary key (venue_id, show_id)
);

-- Raw copies that Mongo could not take in time; written with the count, sent after it.
create table raw_outbox (
  venue_id     text not null,
  document_id  text not null,
  document     jsonb not null,
  recorded_at  timestamptz not null,
  primary key (venue_id, document_id)
);

create table quarantine (
  venue_id       text not null,
  quarantine_id  uuid not null default gen_random_uuid(),
  fingerprint    text not null,
  event_id       text,
  type           text,
  code           text not null,
  path           text not null,
  message        text not null,
  body           text not null,
  received_at    timestamptz not null default clock_timestamp(),
  primary key (venue_id, quarantine_id),
  unique (venue_id, fingerprint, code)
);

-- Messages in which no venue can be read: nobody's rows, for operations only.
create table unattributed_quarantine (
  quarantine_id  uuid primary key default gen_random_uuid(),
  fingerprint    text not null,
  code           text not null,
  path           text not null,
  message        text not null,
  body           text not null,
  received_at    timestamptz not null default clock_timestamp(),
  unique (fingerprint, code)
);

-- After a transaction the setting is '', not null: nullif keeps an unset venue from matching.
do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['venues', 'inbox', 'series', 'ledger', 'buckets',
    'order_events', 'ticket_entries', 'shows', 'raw_outbox', 'quarantine']
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

grant select, insert on inbox, ledger, order_events to turnout_app, turnout_job;
grant select, insert, update on venues, series, ticket_entries, shows to turnout_app, turnout_job;
grant select, insert, update, delete on buckets, raw_outbox, quarantine to turnout_app, turnout_job;
grant insert on unattributed_quarantine to turnout_app;
grant select, insert, update, delete on unattributed_quarantine to turnout_job;

-- Jobs go from venue to venue: the list names venues and what waits for them, nothing else.
create policy listed_for_jobs on venues for select to turnout_owner using (true);
create function venues_with_work() returns table (venue_id text, days_stale boolean, archive_behind boolean)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select v.venue_id, v.days_stale, v.archive_behind
          from public.venues v
         where v.days_stale or v.archive_behind $$;
revoke all on function venues_with_work() from public;
grant execute on function venues_with_work() to turnout_job;
