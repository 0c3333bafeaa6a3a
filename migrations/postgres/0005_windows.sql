-- Sums of the ledger by windows of the venue's own clock, made by a job: what a live screen, an
-- alert or an audit compares. Test events are left out; '' is the currency of what has none.
create table windows (
  venue_id           text not null,
  tier               text not null
                     check (tier in ('minute', '5min', 'hour', 'day', 'week', 'month')),
  starts_at          timestamptz not null,
  ends_at            timestamptz not null,
  currency           text not null,
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
  -- counts the times its numbers changed
  revision           integer not null default 1,
  -- the window was over when it was computed
  final              boolean not null,
  computed_at        timestamptz not null,
  primary key (venue_id, tier, starts_at, currency)
);
create index windows_open on windows (venue_id, ends_at) where not final;

-- How far the windows of a venue are made. The row is the lease of the job: who holds its lock works,
-- and every commit takes the next token.
create table aggregations (
  venue_id          text primary key,
  -- every ledger entry recorded until then is in the windows
  aggregated_until  timestamptz not null,
  -- when a window closes or outlives its keeping, though nothing is recorded
  due_at            timestamptz,
  -- the zone, day start and week start that the windows are cut by
  calendar          text not null,
  token             bigint not null default 1
);

-- Sums of each show by currency, without test events; '' is the currency of what has none. Copied
-- into the show's document in Mongo, after the numbers are committed here.
create table show_totals (
  venue_id           text not null,
  show_id            text not null,
  currency           text not null,
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
  entries            bigint not null,
  as_of              timestamptz not null,
  copied             boolean not null default false,
  primary key (venue_id, show_id, currency)
);
create index show_totals_uncopied on show_totals (venue_id, show_id) where not copied;

create index ledger_by_recording on ledger (venue_id, recorded_at);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['windows', 'aggregations', 'show_totals']
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

grant select on windows, aggregations, show_totals to turnout_app;
grant select, insert, update, delete on windows, aggregations, show_totals to turnout_job;

-- What the old service kept as venue_analytics: tickets and revenue by hour and by day.
create view venue_analytics with (security_invoker = true) as
  select venue_id, tier as granularity, starts_at, ends_at, nullif(currency, '') as currency,
         coalesce(tickets_sold, 0) as tickets, coalesce(gross_revenue, 0) as revenue_minor,
         revision, final, computed_at
    from windows
   where tier in ('hour', 'day');
grant select on venue_analytics to turnout_app, turnout_job;

create policy listed_for_jobs on aggregations for select to turnout_owner using (true);
create policy listed_for_jobs on show_totals for select to turnout_owner using (true);
create function venues_to_aggregate() returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select v.venue_id
          from public.venues v
          left join public.aggregations a on a.venue_id = v.venue_id
         where v.last_recorded_at > coalesce(a.aggregated_until, '-infinity')
            or a.due_at <= now()
            or exists (select from public.show_totals t
                        where t.venue_id = v.venue_id and not t.copied) $$;
revoke all on function venues_to_aggregate() from public;
grant execute on function venues_to_aggregate() to turnout_job;
