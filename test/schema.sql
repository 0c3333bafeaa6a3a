-- tables: row security
aggregations enabled forced
alert_history enabled forced
alert_instances enabled forced
alert_states enabled forced
alert_ticks enabled forced
alerts enabled forced
announcements enabled forced
audit_findings enabled forced
audit_runs enabled forced
buckets enabled forced
carts enabled forced
channels enabled forced
connections
contact_points enabled forced
counter_resets enabled forced
escalation_policies enabled forced
exports enabled forced
idempotency_keys enabled forced
inbox enabled forced
intake enabled forced
inventory_told enabled forced
job_runs
ledger enabled forced
message_attempts enabled forced
message_templates enabled forced
messages enabled forced
migrations
mute_windows enabled forced
notification_preferences
order_events enabled forced
quarantine enabled forced
raw_outbox enabled forced
recorded_values enabled forced
report_runs enabled forced
report_schedules enabled forced
retention enabled forced
series enabled forced
show_totals enabled forced
shows enabled forced
silences enabled forced
socket_tickets
subscriptions enabled forced
ticket_entries enabled forced
told_counts enabled forced
unattributed_quarantine
venue_analytics
venue_members enabled forced
venues enabled forced
windows enabled forced

-- columns
aggregations.venue_id text not null
aggregations.aggregated_until timestamp with time zone not null
aggregations.due_at timestamp with time zone
aggregations.calendar text not null
aggregations.token bigint not null default 1
alert_history.venue_id text not null
alert_history.instance_id uuid not null
alert_history.entry bigint not null generated always as identity
alert_history.at timestamp with time zone not null default clock_timestamp()
alert_history.by_user text
alert_history.kind text not null
alert_history.note text
alert_instances.venue_id text not null
alert_instances.instance_id uuid not null default gen_random_uuid()
alert_instances.alert_id uuid not null
alert_instances.labels_key text not null
alert_instances.labels jsonb not null
alert_instances.name text not null
alert_instances.severity text not null
alert_instances.metric text not null
alert_instances.threshold text not null
alert_instances.status text not null
alert_instances.cause text not null
alert_instances.value double precision
alert_instances.compared double precision
alert_instances.fired_at timestamp with time zone not null
alert_instances.trigger_count bigint not null
alert_instances.last_triggered_at timestamp with time zone not null
alert_instances.told_at timestamp with time zone
alert_instances.acknowledged_at timestamp with time zone
alert_instances.acknowledged_by text
alert_instances.assigned_to text
alert_instances.resolved_at timestamp with time zone
alert_instances.resolved_by text
alert_instances.resolve_reason text
alert_instances.steps_done integer not null default 0
alert_instances.next_step_at timestamp with time zone
alert_instances.tell_at timestamp with time zone
alert_states.venue_id text not null
alert_states.alert_id uuid not null
alert_states.labels_key text not null
alert_states.state jsonb not null
alert_ticks.venue_id text not null
alert_ticks.ticked_at timestamp with time zone not null
alerts.venue_id text not null
alerts.alert_id uuid not null default gen_random_uuid()
alerts.once_id text not null
alerts.created_by text not null
alerts.created_at timestamp with time zone not null default clock_timestamp()
alerts.revision integer not null default 1
alerts.name text not null
alerts.severity text not null
alerts.rule jsonb not null
alerts.enabled boolean not null
alerts.escalation_policy_id uuid
alerts.trigger_count bigint not null default 0
alerts.last_triggered_at timestamp with time zone
alerts.health text not null default 'ok'::text
alerts.fault text
alerts.evaluated_at timestamp with time zone
alerts.told_at timestamp with time zone
announcements.venue_id text not null
announcements.sent_at timestamp with time zone
announcements.told_at timestamp with time zone
audit_findings.venue_id text not null
audit_findings.run_id uuid not null
audit_findings.finding_id bigint not null generated always as identity
audit_findings.store text not null
audit_findings.place jsonb not null
audit_findings.stored jsonb
audit_findings.recomputed jsonb
audit_findings.healed boolean not null
audit_runs.venue_id text not null
audit_runs.run_id uuid not null default gen_random_uuid()
audit_runs.occasion text not null
audit_runs.started_by text not null
audit_runs.state text not null default 'sums'::text
audit_runs.spans jsonb not null
audit_runs.requested_at timestamp with time zone not null default clock_timestamp()
audit_runs.finished_at timestamp with time zone
audit_runs.results jsonb not null default '[]'::jsonb
audit_runs.archive jsonb
buckets.venue_id text not null
buckets.tier text not null
buckets.bucket timestamp with time zone not null
buckets.series_id uuid not null
buckets.orders bigint
buckets.tickets_sold bigint
buckets.comps bigint
buckets.gross_revenue bigint
buckets.discounts bigint
buckets.taxes bigint
buckets.fees bigint
buckets.refunds bigint
buckets.chargebacks bigint
buckets.orders_cancelled bigint
buckets.tickets_cancelled bigint
buckets.cancelled_value bigint
buckets.tickets_refunded bigint
buckets.scans_accepted bigint
buckets.scans_rejected bigint
buckets.admissions bigint
buckets.inside_now bigint
buckets.page_views bigint
buckets.searches bigint
buckets.carts_abandoned bigint
buckets.entries bigint not null
carts.venue_id text not null
carts.test_mode boolean not null
carts.cart_key text not null
carts.touched_at timestamp with time zone not null
carts.touched_by text not null
carts.touch jsonb not null
carts.contents_at timestamp with time zone not null
carts.contents_by text not null
carts.contents jsonb
carts.received_at timestamp with time zone not null
carts.is_open boolean not null default true
carts.abandoned_at timestamp with time zone
channels.venue_id text not null
channels.channel text not null
channels.seq bigint not null
channels.state jsonb not null
channels.as_of timestamp with time zone not null
channels.told_seq bigint not null
channels.pending jsonb
channels.announced_at timestamp with time zone
connections.connection_id text not null
connections.user_id text not null
connections.caller jsonb not null
connections.auth_expires_at timestamp with time zone not null
connections.bad_auths integer not null default 0
connections.channels text[] not null default '{}'::text[]
connections.connected_at timestamp with time zone not null default clock_timestamp()
connections.last_seen_at timestamp with time zone not null default clock_timestamp()
contact_points.venue_id text not null
contact_points.contact_point_id uuid not null default gen_random_uuid()
contact_points.once_id text not null
contact_points.created_by text not null
contact_points.created_at timestamp with time zone not null default clock_timestamp()
contact_points.revision integer not null default 1
contact_points.name text not null
contact_points.kind text not null
contact_points.target bytea not null
contact_points.hint text not null
contact_points.user_id text
contact_points.locale text not null
contact_points.enabled boolean not null
contact_points.per_minute integer not null
contact_points.busy_until timestamp with time zone not null default '-infinity'::timestamp with time zone
counter_resets.venue_id text not null
counter_resets.name text not null
counter_resets.recorded_until timestamp with time zone not null
counter_resets.reset_at timestamp with time zone not null
escalation_policies.venue_id text not null
escalation_policies.policy_id uuid not null default gen_random_uuid()
escalation_policies.once_id text not null
escalation_policies.created_by text not null
escalation_policies.created_at timestamp with time zone not null default clock_timestamp()
escalation_policies.revision integer not null default 1
escalation_policies.name text not null
escalation_policies.steps jsonb not null
escalation_policies.group_interval text not null
escalation_policies.repeat_every text
exports.venue_id text not null
exports.export_id uuid not null default gen_random_uuid()
exports.once_id text not null
exports.created_by text not null
exports.type text not null
exports.format text not null
exports.question jsonb not null
exports.as_of timestamp with time zone not null
exports.status text not null default 'pending'::text
exports.progress integer not null default 0
exports.rows bigint
exports.bytes bigint
exports.sha256 text
exports.object_key text
exports.upload_id text
exports.leftovers jsonb not null default '[]'::jsonb
exports.manifest jsonb
exports.error jsonb
exports.claims integer not null default 0
exports.failures integer not null default 0
exports.claim_id uuid
exports.claimed_until timestamp with time zone
exports.due_at timestamp with time zone not null default clock_timestamp()
exports.created_at timestamp with time zone not null default clock_timestamp()
exports.completed_at timestamp with time zone
exports.expires_at timestamp with time zone
exports.deleted_at timestamp with time zone
exports.schedule jsonb
idempotency_keys.venue_id text not null
idempotency_keys.key_digest text not null
idempotency_keys.fingerprint text not null
idempotency_keys.claim_id uuid not null
idempotency_keys.claimed_at timestamp with time zone not null
idempotency_keys.is_done boolean not null default false
idempotency_keys.answer bytea
inbox.venue_id text not null
inbox.event_id text not null
inbox.fingerprint text not null
inbox.recorded_at timestamp with time zone not null
intake.venue_id text not null
intake.quarter timestamp with time zone not null
intake.type text not null
intake.code text not null
intake.counted bigint not null
intake.known bigint not null
intake.quarantined bigint not null
intake.replayed bigint not null
intake.lag_ms bigint not null
inventory_told.venue_id text not null
inventory_told.show_key text not null
inventory_told.event_id text not null
inventory_told.told_at timestamp with time zone not null
inventory_told.recorded_at timestamp with time zone not null
inventory_told.currency text not null
inventory_told.items jsonb not null
job_runs.run_id uuid not null default gen_random_uuid()
job_runs.job text not null
job_runs.started_by text not null
job_runs.started_at timestamp with time zone not null default clock_timestamp()
job_runs.finished_at timestamp with time zone
job_runs.counts jsonb
job_runs.error text
job_runs.trace_id text
ledger.venue_id text not null
ledger.entry_id bigint not null generated always as identity
ledger.event_id text not null
ledger.order_id text
ledger.customer_ref text
ledger.series_id uuid not null
ledger.occurred_at timestamp with time zone not null
ledger.recorded_at timestamp with time zone not null
ledger.orders bigint
ledger.tickets_sold bigint
ledger.comps bigint
ledger.gross_revenue bigint
ledger.discounts bigint
ledger.taxes bigint
ledger.fees bigint
ledger.refunds bigint
ledger.chargebacks bigint
ledger.orders_cancelled bigint
ledger.tickets_cancelled bigint
ledger.cancelled_value bigint
ledger.tickets_refunded bigint
ledger.scans_accepted bigint
ledger.scans_rejected bigint
ledger.admissions bigint
ledger.inside_now bigint
ledger.page_views bigint
ledger.searches bigint
ledger.carts_abandoned bigint
message_attempts.venue_id text not null
message_attempts.message_id uuid not null
message_attempts.attempt integer not null
message_attempts.claim_id uuid not null
message_attempts.started_at timestamp with time zone not null default clock_timestamp()
message_attempts.ended_at timestamp with time zone
message_attempts.outcome text
message_attempts.provider_id text
message_attempts.http_status integer
message_attempts.reason text
message_templates.venue_id text not null
message_templates.template text not null
message_templates.locale text not null
message_templates.revision integer not null default 1
message_templates.subject text not null
message_templates.body text not null
message_templates.updated_by text not null
message_templates.updated_at timestamp with time zone not null default clock_timestamp()
messages.venue_id text not null
messages.message_id uuid not null default gen_random_uuid()
messages.dedupe_key text not null
messages.template text not null
messages.data jsonb not null
messages.severity text not null default 'info'::text
messages.contact_point_id uuid not null
messages.group_key text
messages.status text not null default 'pending'::text
messages.attempts integer not null default 0
messages.tries integer not null default 0
messages.claim_id uuid
messages.claimed_until timestamp with time zone
messages.due_at timestamp with time zone not null default clock_timestamp()
messages.grouped_into uuid
messages.provider_id text
messages.reason text
messages.created_at timestamp with time zone not null default clock_timestamp()
messages.sent_at timestamp with time zone
messages.facts jsonb not null default '{}'::jsonb
messages.subject text
messages.is_final boolean not null default false
messages.is_withdrawn boolean not null default false
migrations.name text not null
migrations.checksum text not null
migrations.applied_at timestamp with time zone not null default now()
mute_windows.venue_id text not null
mute_windows.mute_window_id uuid not null default gen_random_uuid()
mute_windows.once_id text not null
mute_windows.created_by text not null
mute_windows.created_at timestamp with time zone not null default clock_timestamp()
mute_windows.revision integer not null default 1
mute_windows.name text not null
mute_windows.hours jsonb not null
mute_windows.matchers jsonb not null
mute_windows.enabled boolean not null
notification_preferences.user_id text not null
notification_preferences.revision integer not null default 1
notification_preferences.preferences jsonb not null
notification_preferences.updated_at timestamp with time zone not null default clock_timestamp()
order_events.venue_id text not null
order_events.order_id text not null
order_events.event_id text not null
order_events.kind text not null
order_events.occurred_at timestamp with time zone not null
order_events.recorded_at timestamp with time zone not null
order_events.body jsonb not null
quarantine.venue_id text not null
quarantine.quarantine_id uuid not null default gen_random_uuid()
quarantine.fingerprint text not null
quarantine.event_id text
quarantine.type text
quarantine.code text not null
quarantine.path text not null
quarantine.message text not null
quarantine.body text not null
quarantine.received_at timestamp with time zone not null default clock_timestamp()
quarantine.state text not null default 'kept'::text
quarantine.attempts integer not null default 0
quarantine.replayed_at timestamp with time zone
quarantine.trace_id text
raw_outbox.venue_id text not null
raw_outbox.document_id text not null
raw_outbox.document jsonb not null
raw_outbox.recorded_at timestamp with time zone not null
recorded_values.venue_id text not null
recorded_values.event_id text not null
recorded_values.name text not null
recorded_values.value numeric not null
recorded_values.unit text
recorded_values.dimensions jsonb not null
recorded_values.test_mode boolean not null
recorded_values.occurred_at timestamp with time zone not null
recorded_values.recorded_at timestamp with time zone not null
report_runs.venue_id text not null
report_runs.run_id uuid not null default gen_random_uuid()
report_runs.schedule_id uuid not null
report_runs.once_id text not null
report_runs.started_by text not null
report_runs.asked_by text not null
report_runs.due_at timestamp with time zone not null
report_runs.created_at timestamp with time zone not null default clock_timestamp()
report_runs.state text not null
report_runs.export_id uuid
report_runs.reason text
report_runs.finished_at timestamp with time zone
report_runs.is_done boolean not null default false
report_schedules.venue_id text not null
report_schedules.schedule_id uuid not null default gen_random_uuid()
report_schedules.once_id text not null
report_schedules.created_by text not null
report_schedules.created_at timestamp with time zone not null default clock_timestamp()
report_schedules.revision integer not null default 1
report_schedules.name text not null
report_schedules.rule text not null
report_schedules.starts_at text not null
report_schedules.tz text
report_schedules.type text not null
report_schedules.format text not null
report_schedules.period text not null
report_schedules.filters jsonb not null
report_schedules.options jsonb not null
report_schedules.recipients jsonb not null
report_schedules.enabled boolean not null
report_schedules.paused_reason text
report_schedules.next_run_at timestamp with time zone
report_schedules.planned_after timestamp with time zone not null
report_schedules.planned_zone text not null
report_schedules.contact_point_ids jsonb not null default '[]'::jsonb
retention.venue_id text not null
retention.keep_months jsonb not null default '{}'::jsonb
retention.revision integer not null default 0
retention.changed_at timestamp with time zone
retention.changed_by text
retention.deleted_before jsonb not null default '{}'::jsonb
retention.swept_at timestamp with time zone
series.venue_id text not null
series.series_id uuid not null
series.event text
series.session text
series.ticket_type text
series.channel text
series.currency text
series.promo_code text
series.gate text
series.scan_reason text
series.source text
series.test_mode boolean not null
show_totals.venue_id text not null
show_totals.show_id text not null
show_totals.currency text not null
show_totals.orders bigint
show_totals.tickets_sold bigint
show_totals.comps bigint
show_totals.gross_revenue bigint
show_totals.discounts bigint
show_totals.taxes bigint
show_totals.fees bigint
show_totals.refunds bigint
show_totals.chargebacks bigint
show_totals.orders_cancelled bigint
show_totals.tickets_cancelled bigint
show_totals.cancelled_value bigint
show_totals.tickets_refunded bigint
show_totals.scans_accepted bigint
show_totals.scans_rejected bigint
show_totals.admissions bigint
show_totals.inside_now bigint
show_totals.page_views bigint
show_totals.searches bigint
show_totals.carts_abandoned bigint
show_totals.entries bigint not null
show_totals.as_of timestamp with time zone not null
show_totals.copied boolean not null default false
shows.venue_id text not null
shows.show_id text not null
shows.name text
shows.starts_at timestamp with time zone
shows.ends_at timestamp with time zone
shows.doors_at timestamp with time zone
shows.on_sale_at timestamp with time zone
shows.time_zone text
shows.capacity bigint
shows.status text
shows.category text
shows.hinted_at timestamp with time zone
shows.settled_at timestamp with time zone not null default '0001-01-01 00:00:00+00'::timestamp with time zone
shows.settled_by text not null default ''::text
silences.venue_id text not null
silences.silence_id uuid not null default gen_random_uuid()
silences.once_id text not null
silences.created_by text not null
silences.created_at timestamp with time zone not null default clock_timestamp()
silences.matchers jsonb not null
silences.comment text not null
silences.starts_at timestamp with time zone not null
silences.ends_at timestamp with time zone not null
socket_tickets.digest text not null
socket_tickets.caller jsonb not null
socket_tickets.expires_at timestamp with time zone not null
subscriptions.venue_id text not null
subscriptions.channel text not null
subscriptions.connection_id text not null
subscriptions.behind_since timestamp with time zone
ticket_entries.venue_id text not null
ticket_entries.show_key text not null
ticket_entries.ticket_id text not null
ticket_entries.test_mode boolean not null
ticket_entries.event_id text not null
ticket_entries.occurred_at timestamp with time zone not null
ticket_entries.quantity bigint not null
ticket_entries.dimensions jsonb not null
told_counts.venue_id text not null
told_counts.kind text not null
told_counts.show_key text not null
told_counts.date text not null
told_counts.currency text not null
told_counts.event_id text not null
told_counts.told_at timestamp with time zone not null
told_counts.counts jsonb not null
unattributed_quarantine.quarantine_id uuid not null default gen_random_uuid()
unattributed_quarantine.fingerprint text not null
unattributed_quarantine.code text not null
unattributed_quarantine.path text not null
unattributed_quarantine.message text not null
unattributed_quarantine.body text not null
unattributed_quarantine.received_at timestamp with time zone not null default clock_timestamp()
unattributed_quarantine.type text
unattributed_quarantine.trace_id text
venue_analytics.venue_id text
venue_analytics.granularity text
venue_analytics.starts_at timestamp with time zone
venue_analytics.ends_at timestamp with time zone
venue_analytics.currency text
venue_analytics.tickets bigint
venue_analytics.revenue_minor bigint
venue_analytics.revision integer
venue_analytics.final boolean
venue_analytics.computed_at timestamp with time zone
venue_members.venue_id text not null
venue_members.user_id text not null
venue_members.role text not null
venue_members.seen_at timestamp with time zone not null default clock_timestamp()
venues.venue_id text not null
venues.name text
venues.time_zone text not null default 'UTC'::text
venues.day_start text not null default '00:00'::text
venues.week_start text not null default 'monday'::text
venues.currency text not null default 'USD'::text
venues.settled_at timestamp with time zone not null default '0001-01-01 00:00:00+00'::timestamp with time zone
venues.settled_by text not null default ''::text
venues.revision integer not null default 0
venues.last_recorded_at timestamp with time zone
venues.days_stale boolean not null default false
venues.archive_behind boolean not null default false
venues.split_orders boolean not null default false
venues.sources jsonb not null default '{}'::jsonb
venues.tells_abandonments boolean not null default false
windows.venue_id text not null
windows.tier text not null
windows.starts_at timestamp with time zone not null
windows.ends_at timestamp with time zone not null
windows.currency text not null
windows.orders bigint
windows.tickets_sold bigint
windows.comps bigint
windows.gross_revenue bigint
windows.discounts bigint
windows.taxes bigint
windows.fees bigint
windows.refunds bigint
windows.chargebacks bigint
windows.orders_cancelled bigint
windows.tickets_cancelled bigint
windows.cancelled_value bigint
windows.tickets_refunded bigint
windows.scans_accepted bigint
windows.scans_rejected bigint
windows.admissions bigint
windows.inside_now bigint
windows.page_views bigint
windows.searches bigint
windows.carts_abandoned bigint
windows.entries bigint not null
windows.revision integer not null default 1
windows.final boolean not null
windows.computed_at timestamp with time zone not null

-- constraints
aggregations.aggregations_pkey PRIMARY KEY (venue_id)
alert_history.alert_history_kind_check CHECK ((kind = ANY (ARRAY['fired'::text, 'cause_changed'::text, 'muted'::text, 'told'::text, 'recovering'::text, 'resumed'::text, 'resolved'::text, 'dismissed'::text, 'released'::text, 'acknowledged'::text, 'assigned'::text, 'commented'::text, 'escalated'::text, 'repeated'::text])))
alert_history.alert_history_pkey PRIMARY KEY (venue_id, instance_id, entry)
alert_instances.alert_instances_cause_check CHECK ((cause = ANY (ARRAY['condition'::text, 'no_data'::text, 'error'::text])))
alert_instances.alert_instances_pkey PRIMARY KEY (venue_id, instance_id)
alert_instances.alert_instances_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])))
alert_instances.alert_instances_status_check CHECK ((status = ANY (ARRAY['firing'::text, 'recovering'::text, 'resolved'::text])))
alert_states.alert_states_pkey PRIMARY KEY (venue_id, alert_id, labels_key)
alert_ticks.alert_ticks_pkey PRIMARY KEY (venue_id)
alerts.alerts_health_check CHECK ((health = ANY (ARRAY['ok'::text, 'no_data'::text, 'error'::text, 'stale'::text])))
alerts.alerts_pkey PRIMARY KEY (venue_id, alert_id)
alerts.alerts_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text])))
alerts.alerts_venue_id_escalation_policy_id_fkey FOREIGN KEY (venue_id, escalation_policy_id) REFERENCES escalation_policies(venue_id, policy_id)
alerts.alerts_venue_id_once_id_key UNIQUE (venue_id, once_id)
announcements.announcements_pkey PRIMARY KEY (venue_id)
audit_findings.audit_findings_pkey PRIMARY KEY (venue_id, run_id, finding_id)
audit_runs.audit_runs_pkey PRIMARY KEY (venue_id, run_id)
audit_runs.audit_runs_started_by_check CHECK ((started_by = ANY (ARRAY['clock'::text, 'hand'::text])))
audit_runs.audit_runs_state_check CHECK ((state = ANY (ARRAY['sums'::text, 'copies'::text, 'archive'::text, 'done'::text])))
audit_runs.audit_runs_venue_id_occasion_key UNIQUE (venue_id, occasion)
buckets.buckets_pkey PRIMARY KEY (venue_id, tier, bucket, series_id)
buckets.buckets_tier_check CHECK ((tier = ANY (ARRAY['quarter'::text, 'day'::text])))
carts.carts_pkey PRIMARY KEY (venue_id, test_mode, cart_key)
channels.channels_pkey PRIMARY KEY (venue_id, channel)
connections.connections_pkey PRIMARY KEY (connection_id)
contact_points.contact_points_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'sms'::text, 'push'::text, 'slack'::text, 'webhook'::text])))
contact_points.contact_points_per_minute_check CHECK ((per_minute > 0))
contact_points.contact_points_pkey PRIMARY KEY (venue_id, contact_point_id)
contact_points.contact_points_venue_id_once_id_key UNIQUE (venue_id, once_id)
counter_resets.counter_resets_pkey PRIMARY KEY (venue_id, name)
escalation_policies.escalation_policies_pkey PRIMARY KEY (venue_id, policy_id)
escalation_policies.escalation_policies_venue_id_once_id_key UNIQUE (venue_id, once_id)
exports.exports_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'ndjson'::text, 'json'::text, 'xlsx'::text, 'parquet'::text])))
exports.exports_pkey PRIMARY KEY (venue_id, export_id)
exports.exports_progress_check CHECK (((progress >= 0) AND (progress <= 100)))
exports.exports_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'expired'::text])))
exports.exports_venue_id_once_id_key UNIQUE (venue_id, once_id)
idempotency_keys.idempotency_keys_answer_check CHECK ((octet_length(answer) <= 262144))
idempotency_keys.idempotency_keys_pkey PRIMARY KEY (venue_id, key_digest)
inbox.inbox_pkey PRIMARY KEY (venue_id, event_id)
intake.intake_pkey PRIMARY KEY (venue_id, quarter, type, code)
inventory_told.inventory_told_pkey PRIMARY KEY (venue_id, show_key, event_id)
job_runs.job_runs_pkey PRIMARY KEY (run_id)
job_runs.job_runs_started_by_check CHECK ((started_by = ANY (ARRAY['clock'::text, 'hand'::text])))
ledger.ledger_pkey PRIMARY KEY (venue_id, entry_id)
message_attempts.message_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['sent'::text, 'passing'::text, 'permanent'::text])))
message_attempts.message_attempts_pkey PRIMARY KEY (venue_id, message_id, attempt)
message_templates.message_templates_pkey PRIMARY KEY (venue_id, template, locale)
messages.messages_pkey PRIMARY KEY (venue_id, message_id)
messages.messages_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])))
messages.messages_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'dead'::text])))
messages.messages_venue_id_dedupe_key_key UNIQUE (venue_id, dedupe_key)
migrations.migrations_pkey PRIMARY KEY (name)
mute_windows.mute_windows_pkey PRIMARY KEY (venue_id, mute_window_id)
mute_windows.mute_windows_venue_id_once_id_key UNIQUE (venue_id, once_id)
notification_preferences.notification_preferences_pkey PRIMARY KEY (user_id)
order_events.order_events_kind_check CHECK ((kind = ANY (ARRAY['paid'::text, 'cancelled'::text])))
order_events.order_events_pkey PRIMARY KEY (venue_id, order_id, event_id)
quarantine.quarantine_pkey PRIMARY KEY (venue_id, quarantine_id)
quarantine.quarantine_state_check CHECK ((state = ANY (ARRAY['kept'::text, 'replaying'::text, 'counted'::text])))
quarantine.quarantine_venue_id_fingerprint_key UNIQUE (venue_id, fingerprint)
raw_outbox.raw_outbox_pkey PRIMARY KEY (venue_id, document_id)
recorded_values.recorded_values_pkey PRIMARY KEY (venue_id, event_id)
report_runs.report_runs_pkey PRIMARY KEY (venue_id, run_id)
report_runs.report_runs_started_by_check CHECK ((started_by = ANY (ARRAY['clock'::text, 'hand'::text])))
report_runs.report_runs_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'requested'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'refused'::text])))
report_runs.report_runs_venue_id_once_id_key UNIQUE (venue_id, once_id)
report_schedules.report_schedules_period_check CHECK ((period = ANY (ARRAY['previous_day'::text, 'previous_7_days'::text, 'previous_week'::text, 'previous_month'::text, 'month_to_date'::text, 'all'::text])))
report_schedules.report_schedules_pkey PRIMARY KEY (venue_id, schedule_id)
report_schedules.report_schedules_venue_id_once_id_key UNIQUE (venue_id, once_id)
retention.retention_pkey PRIMARY KEY (venue_id)
series.series_pkey PRIMARY KEY (venue_id, series_id)
show_totals.show_totals_pkey PRIMARY KEY (venue_id, show_id, currency)
shows.shows_pkey PRIMARY KEY (venue_id, show_id)
silences.silences_pkey PRIMARY KEY (venue_id, silence_id)
silences.silences_venue_id_once_id_key UNIQUE (venue_id, once_id)
socket_tickets.socket_tickets_pkey PRIMARY KEY (digest)
subscriptions.subscriptions_pkey PRIMARY KEY (venue_id, channel, connection_id)
ticket_entries.ticket_entries_pkey PRIMARY KEY (venue_id, show_key, ticket_id, test_mode)
told_counts.told_counts_kind_check CHECK ((kind = ANY (ARRAY['orders.checksum'::text, 'inventory.snapshot'::text])))
told_counts.told_counts_pkey PRIMARY KEY (venue_id, kind, show_key, date, currency)
unattributed_quarantine.unattributed_quarantine_fingerprint_code_key UNIQUE (fingerprint, code)
unattributed_quarantine.unattributed_quarantine_pkey PRIMARY KEY (quarantine_id)
venue_members.venue_members_pkey PRIMARY KEY (venue_id, user_id)
venue_members.venue_members_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'analyst'::text, 'manager'::text, 'owner'::text])))
venues.venues_pkey PRIMARY KEY (venue_id)
windows.windows_pkey PRIMARY KEY (venue_id, tier, starts_at, currency)
windows.windows_tier_check CHECK ((tier = ANY (ARRAY['minute'::text, '5min'::text, 'hour'::text, 'day'::text, 'week'::text, 'month'::text])))

-- indexes
CREATE UNIQUE INDEX aggregations_pkey ON public.aggregations USING btree (venue_id)
CREATE UNIQUE INDEX alert_history_pkey ON public.alert_history USING btree (venue_id, instance_id, entry)
CREATE INDEX alert_instances_by_alert ON public.alert_instances USING btree (venue_id, alert_id, fired_at)
CREATE INDEX alert_instances_by_time ON public.alert_instances USING btree (venue_id, fired_at, instance_id)
CREATE INDEX alert_instances_due ON public.alert_instances USING btree (venue_id, LEAST(tell_at, next_step_at)) WHERE (LEAST(tell_at, next_step_at) IS NOT NULL)
CREATE UNIQUE INDEX alert_instances_open ON public.alert_instances USING btree (venue_id, alert_id, labels_key) WHERE (status <> 'resolved'::text)
CREATE UNIQUE INDEX alert_instances_pkey ON public.alert_instances USING btree (venue_id, instance_id)
CREATE UNIQUE INDEX alert_states_pkey ON public.alert_states USING btree (venue_id, alert_id, labels_key)
CREATE UNIQUE INDEX alert_ticks_pkey ON public.alert_ticks USING btree (venue_id)
CREATE INDEX alerts_by_policy ON public.alerts USING btree (venue_id, escalation_policy_id)
CREATE INDEX alerts_by_time ON public.alerts USING btree (venue_id, created_at, alert_id)
CREATE UNIQUE INDEX alerts_pkey ON public.alerts USING btree (venue_id, alert_id)
CREATE UNIQUE INDEX alerts_venue_id_once_id_key ON public.alerts USING btree (venue_id, once_id)
CREATE UNIQUE INDEX announcements_pkey ON public.announcements USING btree (venue_id)
CREATE UNIQUE INDEX audit_findings_pkey ON public.audit_findings USING btree (venue_id, run_id, finding_id)
CREATE INDEX audit_runs_by_time ON public.audit_runs USING btree (venue_id, requested_at, run_id)
CREATE INDEX audit_runs_open ON public.audit_runs USING btree (venue_id) WHERE (state <> 'done'::text)
CREATE UNIQUE INDEX audit_runs_pkey ON public.audit_runs USING btree (venue_id, run_id)
CREATE UNIQUE INDEX audit_runs_venue_id_occasion_key ON public.audit_runs USING btree (venue_id, occasion)
CREATE UNIQUE INDEX buckets_pkey ON public.buckets USING btree (venue_id, tier, bucket, series_id)
CREATE INDEX carts_closed ON public.carts USING btree (venue_id, received_at) WHERE (NOT is_open)
CREATE INDEX carts_open ON public.carts USING btree (venue_id, touched_at) WHERE is_open
CREATE UNIQUE INDEX carts_pkey ON public.carts USING btree (venue_id, test_mode, cart_key)
CREATE UNIQUE INDEX channels_pkey ON public.channels USING btree (venue_id, channel)
CREATE INDEX connections_by_user ON public.connections USING btree (user_id)
CREATE UNIQUE INDEX connections_pkey ON public.connections USING btree (connection_id)
CREATE INDEX contact_points_by_time ON public.contact_points USING btree (venue_id, created_at, contact_point_id)
CREATE UNIQUE INDEX contact_points_pkey ON public.contact_points USING btree (venue_id, contact_point_id)
CREATE UNIQUE INDEX contact_points_venue_id_once_id_key ON public.contact_points USING btree (venue_id, once_id)
CREATE UNIQUE INDEX counter_resets_pkey ON public.counter_resets USING btree (venue_id, name)
CREATE INDEX escalation_policies_by_time ON public.escalation_policies USING btree (venue_id, created_at, policy_id)
CREATE UNIQUE INDEX escalation_policies_pkey ON public.escalation_policies USING btree (venue_id, policy_id)
CREATE UNIQUE INDEX escalation_policies_venue_id_once_id_key ON public.escalation_policies USING btree (venue_id, once_id)
CREATE INDEX exports_by_time ON public.exports USING btree (venue_id, created_at, export_id)
CREATE INDEX exports_open ON public.exports USING btree (venue_id, due_at) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]))
CREATE UNIQUE INDEX exports_pkey ON public.exports USING btree (venue_id, export_id)
CREATE UNIQUE INDEX exports_venue_id_once_id_key ON public.exports USING btree (venue_id, once_id)
CREATE INDEX exports_with_objects ON public.exports USING btree (venue_id, expires_at) WHERE (object_key IS NOT NULL)
CREATE INDEX idempotency_keys_by_time ON public.idempotency_keys USING btree (venue_id, claimed_at)
CREATE UNIQUE INDEX idempotency_keys_pkey ON public.idempotency_keys USING btree (venue_id, key_digest)
CREATE INDEX inbox_by_recording ON public.inbox USING btree (venue_id, recorded_at, event_id)
CREATE UNIQUE INDEX inbox_pkey ON public.inbox USING btree (venue_id, event_id)
CREATE UNIQUE INDEX intake_pkey ON public.intake USING btree (venue_id, quarter, type, code)
CREATE INDEX inventory_told_by_time ON public.inventory_told USING btree (venue_id, told_at)
CREATE UNIQUE INDEX inventory_told_pkey ON public.inventory_told USING btree (venue_id, show_key, event_id)
CREATE INDEX job_runs_by_job ON public.job_runs USING btree (job, started_at, run_id)
CREATE INDEX job_runs_by_time ON public.job_runs USING btree (started_at, run_id)
CREATE UNIQUE INDEX job_runs_pkey ON public.job_runs USING btree (run_id)
CREATE INDEX ledger_by_order ON public.ledger USING btree (venue_id, order_id) WHERE (order_id IS NOT NULL)
CREATE INDEX ledger_by_recording ON public.ledger USING btree (venue_id, recorded_at)
CREATE INDEX ledger_by_time ON public.ledger USING btree (venue_id, occurred_at)
CREATE UNIQUE INDEX ledger_pkey ON public.ledger USING btree (venue_id, entry_id)
CREATE UNIQUE INDEX message_attempts_pkey ON public.message_attempts USING btree (venue_id, message_id, attempt)
CREATE UNIQUE INDEX message_templates_pkey ON public.message_templates USING btree (venue_id, template, locale)
CREATE INDEX messages_by_subject ON public.messages USING btree (venue_id, subject) WHERE (subject IS NOT NULL)
CREATE INDEX messages_by_time ON public.messages USING btree (venue_id, created_at, message_id)
CREATE INDEX messages_grouped ON public.messages USING btree (venue_id, grouped_into) WHERE (grouped_into IS NOT NULL)
CREATE INDEX messages_in_groups ON public.messages USING btree (venue_id, contact_point_id, group_key) WHERE ((status = 'pending'::text) AND (grouped_into IS NULL))
CREATE INDEX messages_open ON public.messages USING btree (venue_id, due_at) WHERE ((status = ANY (ARRAY['pending'::text, 'failed'::text])) AND (grouped_into IS NULL))
CREATE UNIQUE INDEX messages_pkey ON public.messages USING btree (venue_id, message_id)
CREATE UNIQUE INDEX messages_venue_id_dedupe_key_key ON public.messages USING btree (venue_id, dedupe_key)
CREATE UNIQUE INDEX migrations_pkey ON public.migrations USING btree (name)
CREATE INDEX mute_windows_by_time ON public.mute_windows USING btree (venue_id, created_at, mute_window_id)
CREATE UNIQUE INDEX mute_windows_pkey ON public.mute_windows USING btree (venue_id, mute_window_id)
CREATE UNIQUE INDEX mute_windows_venue_id_once_id_key ON public.mute_windows USING btree (venue_id, once_id)
CREATE UNIQUE INDEX notification_preferences_pkey ON public.notification_preferences USING btree (user_id)
CREATE INDEX order_events_by_cart ON public.order_events USING btree (venue_id, ((body ->> 'cartId'::text)), occurred_at) WHERE ((body ->> 'cartId'::text) IS NOT NULL)
CREATE INDEX order_events_by_session ON public.order_events USING btree (venue_id, ((body ->> 'sessionId'::text)), occurred_at) WHERE ((body ->> 'sessionId'::text) IS NOT NULL)
CREATE UNIQUE INDEX order_events_pkey ON public.order_events USING btree (venue_id, order_id, event_id)
CREATE INDEX quarantine_by_time ON public.quarantine USING btree (venue_id, received_at, quarantine_id)
CREATE INDEX quarantine_open ON public.quarantine USING btree (venue_id, code) WHERE (state <> 'counted'::text)
CREATE UNIQUE INDEX quarantine_pkey ON public.quarantine USING btree (venue_id, quarantine_id)
CREATE UNIQUE INDEX quarantine_venue_id_fingerprint_key ON public.quarantine USING btree (venue_id, fingerprint)
CREATE UNIQUE INDEX raw_outbox_pkey ON public.raw_outbox USING btree (venue_id, document_id)
CREATE INDEX recorded_values_by_time ON public.recorded_values USING btree (venue_id, name, occurred_at)
CREATE UNIQUE INDEX recorded_values_pkey ON public.recorded_values USING btree (venue_id, event_id)
CREATE INDEX report_runs_by_time ON public.report_runs USING btree (venue_id, schedule_id, created_at, run_id)
CREATE INDEX report_runs_open ON public.report_runs USING btree (venue_id, schedule_id) WHERE (NOT is_done)
CREATE UNIQUE INDEX report_runs_pkey ON public.report_runs USING btree (venue_id, run_id)
CREATE UNIQUE INDEX report_runs_venue_id_once_id_key ON public.report_runs USING btree (venue_id, once_id)
CREATE INDEX report_schedules_by_time ON public.report_schedules USING btree (venue_id, created_at, schedule_id)
CREATE UNIQUE INDEX report_schedules_pkey ON public.report_schedules USING btree (venue_id, schedule_id)
CREATE UNIQUE INDEX report_schedules_venue_id_once_id_key ON public.report_schedules USING btree (venue_id, once_id)
CREATE UNIQUE INDEX retention_pkey ON public.retention USING btree (venue_id)
CREATE UNIQUE INDEX series_pkey ON public.series USING btree (venue_id, series_id)
CREATE UNIQUE INDEX show_totals_pkey ON public.show_totals USING btree (venue_id, show_id, currency)
CREATE INDEX show_totals_uncopied ON public.show_totals USING btree (venue_id, show_id) WHERE (NOT copied)
CREATE UNIQUE INDEX shows_pkey ON public.shows USING btree (venue_id, show_id)
CREATE INDEX silences_by_end ON public.silences USING btree (venue_id, ends_at)
CREATE INDEX silences_by_time ON public.silences USING btree (venue_id, created_at, silence_id)
CREATE UNIQUE INDEX silences_pkey ON public.silences USING btree (venue_id, silence_id)
CREATE UNIQUE INDEX silences_venue_id_once_id_key ON public.silences USING btree (venue_id, once_id)
CREATE UNIQUE INDEX socket_tickets_pkey ON public.socket_tickets USING btree (digest)
CREATE UNIQUE INDEX subscriptions_pkey ON public.subscriptions USING btree (venue_id, channel, connection_id)
CREATE UNIQUE INDEX ticket_entries_pkey ON public.ticket_entries USING btree (venue_id, show_key, ticket_id, test_mode)
CREATE INDEX told_counts_by_time ON public.told_counts USING btree (venue_id, told_at)
CREATE UNIQUE INDEX told_counts_pkey ON public.told_counts USING btree (venue_id, kind, show_key, date, currency)
CREATE INDEX unattributed_by_time ON public.unattributed_quarantine USING btree (received_at, quarantine_id)
CREATE UNIQUE INDEX unattributed_quarantine_fingerprint_code_key ON public.unattributed_quarantine USING btree (fingerprint, code)
CREATE UNIQUE INDEX unattributed_quarantine_pkey ON public.unattributed_quarantine USING btree (quarantine_id)
CREATE UNIQUE INDEX venue_members_pkey ON public.venue_members USING btree (venue_id, user_id)
CREATE UNIQUE INDEX venues_pkey ON public.venues USING btree (venue_id)
CREATE INDEX windows_open ON public.windows USING btree (venue_id, ends_at) WHERE (NOT final)
CREATE UNIQUE INDEX windows_pkey ON public.windows USING btree (venue_id, tier, starts_at, currency)

-- policies
aggregations.listed_for_jobs permissive for select to turnout_owner using true check -
aggregations.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
alert_history.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
alert_instances.listed_for_jobs permissive for select to turnout_owner using true check -
alert_instances.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
alert_states.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
alert_ticks.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
alerts.listed_for_jobs permissive for select to turnout_owner using true check -
alerts.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
announcements.listed_for_jobs permissive for select to turnout_owner using true check -
announcements.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
audit_findings.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
audit_runs.listed_for_jobs permissive for select to turnout_owner using true check -
audit_runs.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
buckets.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
carts.listed_for_jobs permissive for select to turnout_owner using true check -
carts.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
channels.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
contact_points.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
counter_resets.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
escalation_policies.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
exports.listed_for_jobs permissive for select to turnout_owner using true check -
exports.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
idempotency_keys.listed_for_jobs permissive for select to turnout_owner using true check -
idempotency_keys.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
inbox.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
intake.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
inventory_told.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
ledger.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
message_attempts.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
message_templates.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
messages.listed_for_jobs permissive for select to turnout_owner using true check -
messages.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
mute_windows.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
order_events.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
quarantine.listed_for_jobs permissive for select to turnout_owner using true check -
quarantine.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
raw_outbox.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
recorded_values.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
report_runs.listed_for_jobs permissive for select to turnout_owner using true check -
report_runs.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
report_schedules.listed_for_jobs permissive for select to turnout_owner using true check -
report_schedules.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
retention.listed_for_jobs permissive for select to turnout_owner using true check -
retention.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
series.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
show_totals.listed_for_jobs permissive for select to turnout_owner using true check -
show_totals.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
shows.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
silences.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
subscriptions.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
ticket_entries.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
told_counts.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
venue_members.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
venues.listed_for_jobs permissive for select to turnout_owner using true check -
venues.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))
windows.own_venue permissive for all to public using (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text)) check (venue_id = NULLIF(current_setting('app.venue_id'::text, true), ''::text))

-- grants
aggregations: turnout_app select
aggregations: turnout_job delete, insert, select, update
alert_history: turnout_app insert, select
alert_history: turnout_job delete, insert, select, update
alert_instances: turnout_app delete, insert, select, update
alert_instances: turnout_job delete, insert, select, update
alert_states: turnout_app delete, insert, select, update
alert_states: turnout_job delete, insert, select, update
alert_ticks: turnout_app select
alert_ticks: turnout_job insert, select, update
alerts: turnout_app delete, insert, select, update
alerts: turnout_job select, update
announcements: turnout_app delete, insert, select, update
announcements: turnout_job delete, insert, select, update
audit_findings: turnout_app select
audit_findings: turnout_job insert, select
audit_runs: turnout_app insert, select
audit_runs: turnout_job insert, select, update
buckets: turnout_app delete, insert, select, update
buckets: turnout_job delete, insert, select, update
carts: turnout_app insert, select, update
carts: turnout_job delete, insert, select, update
channels: turnout_app delete, insert, select, update
channels: turnout_job delete, insert, select, update
connections: turnout_app delete, insert, select, update
connections: turnout_job delete, insert, select, update
contact_points: turnout_app delete, insert, select, update
contact_points: turnout_job select, update
counter_resets: turnout_app insert, select, update
counter_resets: turnout_job select
escalation_policies: turnout_app delete, insert, select, update
escalation_policies: turnout_job select
exports: turnout_app delete, insert, select, update
exports: turnout_job delete, insert, select, update
idempotency_keys: turnout_app delete, insert, select, update
idempotency_keys: turnout_job delete, select
inbox: turnout_app insert, select
inbox: turnout_job insert, select
intake: turnout_app insert, select, update
intake: turnout_job delete, insert, select, update
inventory_told: turnout_app insert, select
inventory_told: turnout_job insert, select
job_runs: turnout_job delete, insert, select, update
ledger: turnout_app insert, select
ledger: turnout_job insert, select
message_attempts: turnout_app select
message_attempts: turnout_job delete, insert, select, update
message_templates: turnout_app delete, insert, select, update
message_templates: turnout_job select
messages: turnout_app insert, select, update
messages: turnout_job delete, insert, select, update
mute_windows: turnout_app delete, insert, select, update
mute_windows: turnout_job select
notification_preferences: turnout_app insert, select, update
notification_preferences: turnout_job select
order_events: turnout_app insert, select
order_events: turnout_job insert, select
quarantine: turnout_app delete, insert, select, update
quarantine: turnout_job delete, insert, select, update
raw_outbox: turnout_app delete, insert, select, update
raw_outbox: turnout_job delete, insert, select, update
recorded_values: turnout_app insert, select
recorded_values: turnout_job insert, select
report_runs: turnout_app delete, insert, select, update
report_runs: turnout_job delete, insert, select, update
report_schedules: turnout_app delete, insert, select, update
report_schedules: turnout_job select, update
retention: turnout_app insert, select, update
retention: turnout_job insert, select, update
series: turnout_app insert, select, update
series: turnout_job insert, select, update
show_totals: turnout_app select
show_totals: turnout_job delete, insert, select, update
shows: turnout_app insert, select, update
shows: turnout_job insert, select, update
silences: turnout_app delete, insert, select, update
silences: turnout_job select
socket_tickets: turnout_app delete, insert, select, update
socket_tickets: turnout_job delete, insert, select, update
subscriptions: turnout_app delete, insert, select, update
subscriptions: turnout_job delete, insert, select, update
ticket_entries: turnout_app insert, select, update
ticket_entries: turnout_job insert, select, update
told_counts: turnout_app insert, select, update
told_counts: turnout_job select
unattributed_quarantine: turnout_app insert
unattributed_quarantine: turnout_job delete, insert, select, update
venue_analytics: turnout_app select
venue_analytics: turnout_job select
venue_members: turnout_app insert, select, update
venue_members: turnout_job select
venues: turnout_app insert, select, update
venues: turnout_job insert, select, update
windows: turnout_app select
windows: turnout_job delete, insert, select, update

-- functions
CREATE OR REPLACE FUNCTION public.exports_to_tend()
 RETURNS TABLE(venue_id text, export_id uuid, need text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select e.venue_id, e.export_id,
               case when e.status in ('pending', 'running') then 'work' else 'clean' end
          from public.exports e
         where (e.status = 'pending' and e.due_at < clock_timestamp() - interval '30 seconds')
            or (e.status = 'running' and e.claimed_until < clock_timestamp())
            or (e.status = 'completed' and e.expires_at < clock_timestamp())
            or (e.deleted_at is not null or e.status in ('failed', 'cancelled'))
               and (e.deleted_at is not null or e.object_key is not null or e.leftovers <> '[]')
               and coalesce(e.claimed_until, '-infinity') < clock_timestamp()
            or e.status in ('failed', 'cancelled', 'expired')
               and e.created_at < clock_timestamp() - interval '400 days'
         order by e.due_at $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.messages_to_tend()
 RETURNS TABLE(venue_id text, message_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ (select m.venue_id, m.message_id
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
                           and m.status in ('sent', 'dead'))) $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.reports_to_tend(moment timestamp with time zone)
 RETURNS TABLE(venue_id text, schedule_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select s.venue_id, s.schedule_id
          from public.report_schedules s
          left join public.venues v on v.venue_id = s.venue_id
         where (s.enabled and s.paused_reason is null
                and (s.next_run_at <= moment
                     or s.planned_zone <> coalesce(s.tz, v.time_zone, 'UTC')))
            or exists (select
                         from public.report_runs r
                         left join public.exports e
                                on e.venue_id = r.venue_id and e.once_id = r.once_id
                        where r.venue_id = s.venue_id
                          and r.schedule_id = s.schedule_id
                          and not r.is_done
                          and (r.state <> 'requested'
                               or coalesce(e.status, 'gone') not in ('pending', 'running')))
         order by s.next_run_at, s.venue_id, s.schedule_id $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_recorded_lately()
 RETURNS TABLE(venue_id text, time_zone text, day_start text, week_start text, last_recorded_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select v.venue_id, v.time_zone, v.day_start, v.week_start, v.last_recorded_at
          from public.venues v
         where v.last_recorded_at > now() - interval '2 days'
           and not v.days_stale $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_to_aggregate()
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select v.venue_id
          from public.venues v
          left join public.aggregations a on a.venue_id = v.venue_id
         where v.last_recorded_at > coalesce(a.aggregated_until, '-infinity')
            or a.due_at <= now()
            or exists (select from public.show_totals t
                        where t.venue_id = v.venue_id and not t.copied) $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_to_audit(night text)
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select v.venue_id
          from public.venues v
         where v.last_recorded_at is not null
           and (not exists (select from public.audit_runs r
                             where r.venue_id = v.venue_id and r.occasion = night
                               and r.state = 'done')
                or exists (select from public.audit_runs r
                            where r.venue_id = v.venue_id and r.state <> 'done')) $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_to_sweep()
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
    with recursive refused (venue_id) as (
      (select q.venue_id from public.quarantine q order by q.venue_id limit 1)
      union all
      select (select q.venue_id
                from public.quarantine q
               where q.venue_id > r.venue_id
               order by q.venue_id
               limit 1)
        from refused r
       where r.venue_id is not null
    )
    select known.venue_id
      from (select v.venue_id from public.venues v
             union
            select r.venue_id from refused r where r.venue_id is not null
             union
            select t.venue_id from public.retention t) known
      left join public.retention t on t.venue_id = known.venue_id
     order by t.swept_at nulls first, known.venue_id
  $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_with_alerts()
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select a.venue_id from public.alerts a where a.enabled
         union
        select i.venue_id from public.alert_instances i where i.next_step_at is not null
         union
        select i.venue_id
          from public.alert_instances i
         where i.status = 'resolved' and i.resolved_at < clock_timestamp() - interval '400 days' $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_with_carts(idle_since timestamp with time zone, closed_since timestamp with time zone)
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select v.venue_id
          from public.venues v
         where exists (select from public.carts c
                        where c.venue_id = v.venue_id
                          and c.is_open
                          and c.touched_at <= idle_since)
            or exists (select from public.carts c
                        where c.venue_id = v.venue_id
                          and not c.is_open
                          and c.received_at < closed_since)
         order by random() $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_with_old_keys()
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$
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
  $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.venues_with_work()
 RETURNS TABLE(venue_id text, days_stale boolean, archive_behind boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select v.venue_id, v.days_stale, v.archive_behind
          from public.venues v
         where v.days_stale or v.archive_behind $function$
-- executed by turnout_job
-- executed by turnout_owner
CREATE OR REPLACE FUNCTION public.watched_venues()
 RETURNS TABLE(venue_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public'
AS $function$ select a.venue_id from public.announcements a $function$
-- executed by turnout_job
-- executed by turnout_owner

-- triggers, rules, sequences and types: none but those of identity columns
sequence alert_history_entry_seq
sequence audit_findings_finding_id_seq
sequence ledger_entry_id_seq
