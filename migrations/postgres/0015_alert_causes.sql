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

-- When the contact points of the alert itself are to be told; null: they were, or it is muted.
alter table alert_instances add column tell_at timestamptz;
-- What is due first: that, or a step.
drop index alert_instances_due;
create index alert_instances_due on alert_instances (venue_id, least(tell_at, next_step_at))
  where least(tell_at, next_step_at) is not null;

-- What programs are told of a message beside its texts: numbers and names as they are.
alter table messages add column facts jsonb not null default '{}';
-- What a message is of. After the last word on it nothing earlier is tried again.
alter table messages add column subject text, add column is_final boolean not null default false,
  -- somebody takes care of it: what fails is not tried again
  add column is_withdrawn boolean not null default false;
create index messages_by_subject on messages (venue_id, subject) where subject is not null;
