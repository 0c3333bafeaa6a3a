-- What operations need to see: the state of what is quarantined, what came in hour by hour, and
-- the runs of jobs.

-- One row for each refused message; a replay changes its state and, where it is refused again, its
-- reason. For that one row must be left of a message that was kept under two reasons, and the owner
-- sees rows only while row security is not forced.
alter table quarantine no force row level security;
delete from quarantine q
 using quarantine earlier
 where earlier.venue_id = q.venue_id
   and earlier.fingerprint = q.fingerprint
   and (earlier.received_at, earlier.quarantine_id) < (q.received_at, q.quarantine_id);
alter table quarantine
  drop constraint quarantine_venue_id_fingerprint_code_key,
  add constraint quarantine_venue_id_fingerprint_key unique (venue_id, fingerprint),
  -- kept: waits for a mend; replaying: sent through the queue again; counted: by a replay
  add column state text not null default 'kept' check (state in ('kept', 'replaying', 'counted')),
  add column attempts integer not null default 0,
  add column replayed_at timestamptz,
  add column trace_id text;
alter table quarantine force row level security;
create index quarantine_by_time on quarantine (venue_id, received_at, quarantine_id);
create index quarantine_open on quarantine (venue_id, code) where state <> 'counted';

alter table unattributed_quarantine add column type text, add column trace_id text;
create index unattributed_by_time on unattributed_quarantine (received_at, quarantine_id);

-- What came in, by the quarter hour (UTC) it was recorded in. Written by the transaction that counts, so it never
-- differs from it. Received is counted + known + quarantined; replays came in earlier.
create table intake (
  venue_id     text not null,
  quarter      timestamptz not null,
  -- '' where no known type is named
  type         text not null,
  -- why it was quarantined, '' for what was not
  code         text not null,
  counted      bigint not null,
  known        bigint not null,
  quarantined  bigint not null,
  replayed     bigint not null,
  -- the longest time from sent_at, or occurred_at, to the count
  lag_ms       bigint not null,
  primary key (venue_id, quarter, type, code)
);
alter table intake enable row level security;
alter table intake force row level security;
create policy own_venue on intake
  using (venue_id = nullif(current_setting('app.venue_id', true), ''))
  with check (venue_id = nullif(current_setting('app.venue_id', true), ''));
grant select, insert, update on intake to turnout_app, turnout_job;

-- Runs of jobs, of the service as a whole: nobody's rows, for operations only.
create table job_runs (
  run_id       uuid primary key default gen_random_uuid(),
  job          text not null,
  started_by   text not null check (started_by in ('clock', 'hand')),
  started_at   timestamptz not null default clock_timestamp(),
  finished_at  timestamptz,
  counts       jsonb,
  error        text,
  trace_id     text
);
create index job_runs_by_time on job_runs (started_at, run_id);
grant select, insert, update, delete on job_runs to turnout_job;
