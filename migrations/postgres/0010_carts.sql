-- Carts as they were last told of, for the sweep that finds those nobody paid.
create table carts (
  venue_id      text not null,
  test_mode     boolean not null,
  -- 'cart:' and its id, or 'session:' and the session's where the platform names no cart
  cart_key      text not null,
  -- the last event that touched it, and what that told of the visit
  touched_at    timestamptz not null,
  touched_by    text not null,
  touch         jsonb not null,
  -- the last cart.updated; -infinity and null while only a checkout is known
  contents_at   timestamptz not null,
  contents_by   text not null,
  contents      jsonb,
  received_at   timestamptz not null,
  -- something is known that no sweep has judged
  is_open       boolean not null default true,
  -- the last touch whose abandonment was sent
  abandoned_at  timestamptz,
  primary key (venue_id, test_mode, cart_key)
);
create index carts_open on carts (venue_id, touched_at) where is_open;
create index carts_closed on carts (venue_id, received_at) where not is_open;

alter table carts enable row level security;
alter table carts force row level security;
create policy own_venue on carts
  using (venue_id = nullif(current_setting('app.venue_id', true), ''))
  with check (venue_id = nullif(current_setting('app.venue_id', true), ''));
grant select, insert, update on carts to turnout_app;
grant select, insert, update, delete on carts to turnout_job;

-- the platform tells of abandoned carts itself: ours would count them twice
alter table venues add column tells_abandonments boolean not null default false;

-- Which order paid a cart: by the session or the cart that its event named.
create index order_events_by_session on order_events (venue_id, (body ->> 'sessionId'), occurred_at)
  where body ->> 'sessionId' is not null;
create index order_events_by_cart on order_events (venue_id, (body ->> 'cartId'), occurred_at)
  where body ->> 'cartId' is not null;

create policy listed_for_jobs on carts for select to turnout_owner using (true);
-- In any order, so that a sweep that runs out of time is not short of the same venues each time.
create function venues_with_carts(idle_since timestamptz, closed_since timestamptz) returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select v.venue_id
          from public.venues v
         where exists (select from public.carts c
                        where c.venue_id = v.venue_id
                          and c.is_open
                          and c.touched_at <= idle_since)
            or exists (select from public.carts c
                        where c.venue_id = v.venue_id
                          and not c.is_open
                          and c.received_at < closed_since)
         order by random() $$;
revoke all on function venues_with_carts(timestamptz, timestamptz) from public;
grant execute on function venues_with_carts(timestamptz, timestamptz) to turnout_job;
