-- Writes that named an Idempotency-Key, for a day. venue_id is the venue, or caller:… for routes that
-- have none. Key, request and answer are digests or sealed with the key, which is not kept.
create table idempotency_keys (
  venue_id     text not null,
  key_digest   text not null,
  fingerprint  text not null,
  claim_id     uuid not null,
  claimed_at   timestamptz not null,
  is_done      boolean not null default false,
  -- null while the write runs, and where the answer was too large to be kept
  answer       bytea check (octet_length(answer) <= 262144),
  primary key (venue_id, key_digest)
);
create index idempotency_keys_by_time on idempotency_keys (venue_id, claimed_at);

alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy own_venue on idempotency_keys
  using (venue_id = nullif(current_setting('app.venue_id', true), ''))
  with check (venue_id = nullif(current_setting('app.venue_id', true), ''));
grant select, insert, update, delete on idempotency_keys to turnout_app;
grant select, delete on idempotency_keys to turnout_job;

-- The job deletes venue by venue; the list says which, and nothing of the keys. It hops from venue
-- to venue in the index, so that it costs by venues and not by keys.
create policy listed_for_jobs on idempotency_keys for select to turnout_owner using (true);
create function venues_with_old_keys() returns table (venue_id text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    with recursive scopes (venue_id) as (
      (select k.venue_id from public.idempotency_keys k order by k.venue_id limit 1)
      union all
      select (select k.venue_id
                from public.idempotency_keys k
               where k.venue_id > s.venue_id
               order by k.venue_id
               limit 1)
        from scopes s
       where s.venue_id is not null
    )
    select s.venue_id
      from scopes s
     where s.venue_id is not null
       and exists (select
                     from public.idempotency_keys k
                    where k.venue_id = s.venue_id
                      and k.claimed_at < now() - interval '24 hours')
  $$;
revoke all on function venues_with_old_keys() from public;
grant execute on function venues_with_old_keys() to turnout_job;
