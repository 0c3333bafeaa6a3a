-- An instance is told of once for each cause, and what was resolved by hand shows when it may fire again.
alter table alert_history drop constraint alert_history_kind_check;
alter table alert_history add constraint alert_history_kind_check
  check (kind in ('fired', 'cause_changed', 'muted', 'told', 'recovering', 'resumed', 'resolved',
                  'dismissed', 'released', 'acknowledged', 'assigned', 'commented', 'escalated',
                  'repeated'));

-- Of all venues at once, which the policies would hide.
alter table alert_states no force row level security;
update alert_states
   set state = (state - 'isTold') || jsonb_build_object(
         'told', case when (state ->> 'isTold')::boolean then jsonb_build_array(state -> 'cause')
                      else '[]'::jsonb end)
 where state ? 'isTold';
alter table alert_states force row level security;

-- The alert names others since it was told: they are to be told as well.
alter table alert_instances add column owes_telling boolean not null default false;

-- What programs are told of a message beside its texts: numbers and names as they are.
alter table messages add column facts jsonb not null default '{}';
-- What a message is of. After the last word on it nothing earlier is tried again.
alter table messages add column subject text, add column is_final boolean not null default false,
  -- somebody takes care of it: what fails is not tried again
  add column is_withdrawn boolean not null default false;
create index messages_by_subject on messages (venue_id, subject) where subject is not null;
