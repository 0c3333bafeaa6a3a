import { withJob, withTenant } from '../../lib/clients/postgres.ts'
import { alertIn, firedIn, muteWindowIn, policyIn, silenceIn } from './alerts.ts'
import { insertExports } from './export-rows.ts'
import type { Asked } from './http.ts'
import { addTarget } from './messages.ts'

/** What each route needs to be answered well. A route that is missing here is a failing test. */
export const good: Record<string, Asked> = {
  'GET /health': {},
  'GET /ready': {},
  'GET /docs': {},
  'GET /docs/{file}': { params: { file: 'swagger-ui.css' } },
  'GET /v1/openapi.json': {},
  'GET /v1/metrics': {},
  'GET /v1/schemas': {},
  'GET /v1/schemas/{type}': { params: { type: 'order.paid' } },
  'GET /v1/venues/{venueId}/metrics/{metric}': {
    params: { metric: 'net_revenue' },
    query: { from: '2026-06-01', to: '2026-06-08' },
  },
  'GET /v1/venues/{venueId}/metrics/{metric}/latest': { params: { metric: 'queue_length' } },
  'GET /v1/venues/{venueId}/metrics/{metric}/aggregate': {
    params: { metric: 'queue_length' },
    query: { fn: 'sum', from: '2026-06-01', to: '2026-06-08' },
  },
  'GET /v1/venues/{venueId}/metrics/{metric}/explain': {
    params: { metric: 'net_revenue' },
    query: { from: '2026-06-01', to: '2026-06-08' },
  },
  'POST /v1/venues/{venueId}/metrics': { body: { name: 'queue_length', value: 7 } },
  'POST /v1/venues/{venueId}/metrics/bulk': { body: [{ name: 'queue_length', value: 7 }] },
  'POST /v1/venues/{venueId}/query': {
    body: {
      measures: ['net_revenue', 'orders'],
      dimensions: ['event'],
      time: { from: '2026-06-01', to: '2026-06-08', granularity: 'day' },
    },
  },
  'GET /v1/venues/{venueId}/realtime': {},
  'GET /v1/venues/{venueId}/realtime/{metric}': { params: { metric: 'net_revenue' } },
  'GET /v1/venues/{venueId}/realtime/counters/{name}': { params: { name: 'scans_accepted' } },
  'POST /v1/venues/{venueId}/realtime/counters/{name}/reset': {
    params: { name: 'scans_accepted' },
  },
  'GET /v1/venues/{venueId}/realtime/gauges/{name}': { params: { name: 'inside' } },
  'GET /v1/venues/{venueId}/events': { query: { limit: '10' } },
  'GET /v1/venues/{venueId}/events/{eventId}': { params: { eventId: 'show-1' } },
  'GET /v1/venues/{venueId}/settings': {},
  'PUT /v1/venues/{venueId}/settings': {
    headers: { 'if-match': '*' },
    body: { timezone: 'UTC', dayStart: '00:00', currency: 'USD', weekStart: 'monday' },
  },
  'POST /v1/ingest/events': { body: [] },
  'GET /v1/venues/{venueId}/ingest/quarantine': { query: { code: 'unknown_type' } },
  'GET /v1/venues/{venueId}/ingest/quarantine/{quarantineId}': {},
  'POST /v1/venues/{venueId}/ingest/quarantine/replay': { body: { code: 'invalid' } },
  'GET /v1/venues/{venueId}/ingest/stats': {},
  'GET /v1/venues/{venueId}/privacy/retention': {},
  'PUT /v1/venues/{venueId}/privacy/retention': {
    headers: { 'if-match': '*' },
    body: { keepMonths: { rawEvents: 13 } },
  },
  'POST /v1/venues/{venueId}/privacy/retention/run': { body: { dryRun: true } },
  'GET /v1/venues/{venueId}/windows': { query: { tier: 'day', limit: '3' } },
  'GET /v1/venues/{venueId}/data-quality': {},
  'GET /v1/venues/{venueId}/audit': { query: { limit: '3' } },
  'GET /v1/venues/{venueId}/audit/{runId}': {},
  'POST /v1/venues/{venueId}/audit/run': { body: { from: '2026-06-01', to: '2026-06-08' } },
  'GET /v1/export-types': {},
  'GET /v1/venues/{venueId}/exports': { query: { limit: '3' } },
  'POST /v1/venues/{venueId}/exports': {
    body: { type: 'sales-daily', format: 'csv', from: '2026-06-01', to: '2026-06-08' },
  },
  'GET /v1/venues/{venueId}/exports/{exportId}': {},
  'DELETE /v1/venues/{venueId}/exports/{exportId}': {},
  'POST /v1/venues/{venueId}/exports/{exportId}/download': {},
  'POST /v1/venues/{venueId}/exports/{exportId}/cancel': {},
  'GET /v1/venues/{venueId}/report-schedules': { query: { limit: '3' } },
  'POST /v1/venues/{venueId}/report-schedules': {
    body: {
      name: 'Yesterday',
      rule: 'FREQ=DAILY;BYHOUR=7;BYMINUTE=0',
      type: 'sales-daily',
      format: 'csv',
      period: 'previous_day',
    },
  },
  'GET /v1/venues/{venueId}/report-schedules/{scheduleId}': {},
  'PATCH /v1/venues/{venueId}/report-schedules/{scheduleId}': {
    headers: { 'if-match': '*' },
    body: { enabled: true },
  },
  'DELETE /v1/venues/{venueId}/report-schedules/{scheduleId}': {},
  'POST /v1/venues/{venueId}/report-schedules/{scheduleId}/run': {},
  'GET /v1/venues/{venueId}/report-schedules/{scheduleId}/runs': {},
  'GET /v1/venues/{venueId}/messages': { query: { limit: '3' } },
  'GET /v1/venues/{venueId}/messages/{messageId}': {},
  'POST /v1/venues/{venueId}/messages/{messageId}/retry': {
    headers: { 'idempotency-key': 'sent again once' },
  },
  'GET /v1/venues/{venueId}/message-templates': {},
  'PUT /v1/venues/{venueId}/message-templates/{key}/{locale}': {
    params: { key: 'report-ready', locale: 'de' },
    headers: { 'if-match': '*' },
    body: { subject: 'Da: {{name}}', body: 'Der Bericht {{name}} ist da.' },
  },
  'DELETE /v1/venues/{venueId}/message-templates/{key}/{locale}': {
    params: { key: 'report-ready', locale: 'fr' },
  },
  'POST /v1/venues/{venueId}/message-templates/{key}/preview': {
    params: { key: 'report-ready' },
    body: { locale: 'de', data: { name: 'Sales' } },
  },
  'GET /v1/venues/{venueId}/contact-points': { query: { limit: '3' } },
  'POST /v1/venues/{venueId}/contact-points': {
    body: { kind: 'email', name: 'Box office', address: 'box@office.example' },
  },
  'GET /v1/venues/{venueId}/contact-points/{contactPointId}': {},
  'PATCH /v1/venues/{venueId}/contact-points/{contactPointId}': {
    headers: { 'if-match': '*' },
    body: { kind: 'email', name: 'The box office' },
  },
  'POST /v1/venues/{venueId}/contact-points/{contactPointId}/test': {},
  'DELETE /v1/venues/{venueId}/contact-points/{contactPointId}': {},
  'GET /v1/alert-templates': {},
  'GET /v1/venues/{venueId}/alerts': { query: { limit: '3', enabled: 'true' } },
  'POST /v1/venues/{venueId}/alerts': {
    body: {
      name: 'Many scans are refused',
      severity: 'high',
      query: { metric: 'scans_rejected', per: 'scans_accepted', window: '15m' },
      condition: { op: 'gt', value: 0.1 },
    },
  },
  'GET /v1/venues/{venueId}/alerts/{alertId}': {},
  'PATCH /v1/venues/{venueId}/alerts/{alertId}': {
    headers: { 'if-match': '*' },
    body: { severity: 'low' },
  },
  'POST /v1/venues/{venueId}/alerts/{alertId}/enable': {},
  'POST /v1/venues/{venueId}/alerts/{alertId}/disable': {},
  'POST /v1/venues/{venueId}/alerts/{alertId}/test': {},
  'DELETE /v1/venues/{venueId}/alerts/{alertId}': {},
  'GET /v1/venues/{venueId}/alert-instances': { query: { limit: '3' } },
  'GET /v1/venues/{venueId}/alert-instances/{instanceId}': {},
  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/ack': { body: { note: 'Mine' } },
  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/assign': { body: { userId: 'u-2' } },
  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/comment': { body: { text: 'Hm' } },
  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/resolve': {
    body: { reason: 'The scanner was exchanged' },
  },
  'GET /v1/venues/{venueId}/silences': { query: { limit: '3' } },
  'POST /v1/venues/{venueId}/silences': {
    body: {
      matchers: [{ name: 'label.event', op: 'eq', value: 'show-1' }],
      comment: 'Rehearsal',
      startsAt: '2099-06-01T18:00:00Z',
      endsAt: '2099-06-01T23:00:00+02:00',
    },
  },
  'GET /v1/venues/{venueId}/silences/{silenceId}': {},
  'DELETE /v1/venues/{venueId}/silences/{silenceId}': {},
  'GET /v1/venues/{venueId}/mute-windows': { query: { limit: '3' } },
  'POST /v1/venues/{venueId}/mute-windows': {
    body: { name: 'Nights', from: '23:00', to: '08:00', days: ['mon', 'tue'] },
  },
  'GET /v1/venues/{venueId}/mute-windows/{muteWindowId}': {},
  'PATCH /v1/venues/{venueId}/mute-windows/{muteWindowId}': {
    headers: { 'if-match': '*' },
    body: { enabled: false },
  },
  'DELETE /v1/venues/{venueId}/mute-windows/{muteWindowId}': {},
  'GET /v1/venues/{venueId}/escalation-policies': { query: { limit: '3' } },
  'POST /v1/venues/{venueId}/escalation-policies': {},
  'GET /v1/venues/{venueId}/escalation-policies/{policyId}': {},
  'PATCH /v1/venues/{venueId}/escalation-policies/{policyId}': {
    headers: { 'if-match': '*' },
    body: { repeatEvery: '1h' },
  },
  'DELETE /v1/venues/{venueId}/escalation-policies/{policyId}': {},
  'GET /v1/me/notification-preferences': {},
  'PUT /v1/me/notification-preferences': {
    headers: { 'if-match': '*' },
    body: {
      timeZone: 'Europe/Berlin',
      channels: { email: true, sms: false, push: true, slack: true, webhook: true },
      quietHours: { from: '22:00', to: '07:00' },
      digest: null,
    },
  },
  'GET /v1/ops/quarantine': { query: { limit: '3' } },
  'GET /v1/ops/quarantine/{quarantineId}': {},
  'GET /v1/ops/dlq': { query: { limit: '3' } },
  'POST /v1/ops/dlq/redrive': {},
  'POST /v1/ws/tickets': {},
  'GET /v1/ops/ws': {},
  'GET /v1/ops/jobs': { query: { job: 'catch-up' } },
  'POST /v1/ops/jobs/{job}/run': { params: { job: 'catch-up' } },
}

/** Completes the list by the ids that the database has given, of the venue and of no venue. */
export async function addIds(venueId: string): Promise<void> {
  const [{ quarantineId, runId, scheduleId, messageId, contactPointId }, stray] = await Promise.all(
    [
      idsIn(venueId),
      withJob(
        (tx) => tx<{ id: string }[]>`select quarantine_id as id from unattributed_quarantine`,
      ),
    ],
  )
  const route = 'GET /v1/venues/{venueId}/ingest/quarantine/{quarantineId}'
  good[route] = { params: { quarantineId } }
  good['GET /v1/venues/{venueId}/audit/{runId}'] = { params: { runId } }
  const { exportId, endedId, spareId } = await insertExports(venueId)
  const one = '/v1/venues/{venueId}/exports/{exportId}'
  good[`GET ${one}`] = { params: { exportId } }
  good[`POST ${one}/download`] = { params: { exportId } }
  good[`POST ${one}/cancel`] = { params: { exportId: endedId } }
  for (const [key, asked] of Object.entries(good)) {
    if (key.includes('{messageId}')) good[key] = { ...asked, params: { messageId } }
    if (key.includes('{contactPointId}')) good[key] = { ...asked, params: { contactPointId } }
    if (key.includes('{scheduleId}')) good[key] = { ...asked, params: { scheduleId } }
  }
  // With a key: whoever asks again is told the same.
  const headers = { 'idempotency-key': 'deleted once' }
  const last = 'DELETE /v1/venues/{venueId}/report-schedules/{scheduleId}'
  good[last] = { params: { scheduleId: await lastSchedule(venueId) }, headers }
  good['DELETE /v1/venues/{venueId}/contact-points/{contactPointId}'] = {
    params: { contactPointId: await addTarget(venueId) },
    headers: { 'idempotency-key': 'contact point deleted once' },
  }
  await addIdsOfAlerts(venueId)
  good[`DELETE ${one}`] = {
    params: { exportId: spareId },
    headers: { 'idempotency-key': 'file deleted once' },
  }
  good['GET /v1/ops/quarantine/{quarantineId}'] = { params: { quarantineId: stray[0]?.id ?? '' } }
}

/** Of what is done once there is one more, with a key: whoever asks again is told the same. */
async function addIdsOfAlerts(venueId: string): Promise<void> {
  const known = await idsIn(venueId)
  for (const [key, asked] of Object.entries(good)) {
    const name = idsOfAlerts.find((one) => key.includes(`{${one}}`))
    if (name) good[key] = { ...asked, params: { [name]: known[name] } }
  }
  const route = (key: string) => key.replace(' ', ' /v1/venues/{venueId}/')
  const policy = {
    name: 'The doors',
    steps: [
      { after: '0s', contactPointIds: [known.contactPointId] },
      { after: '10m', contactPointIds: [known.contactPointId] },
    ],
  }
  good[route('POST escalation-policies')] = { body: policy }
  const spare: Record<string, Record<string, string>> = {
    'POST alert-instances/{instanceId}/ack': { instanceId: await firedIn(venueId) },
    'POST alert-instances/{instanceId}/resolve': { instanceId: await firedIn(venueId) },
    'DELETE alerts/{alertId}': { alertId: await alertIn(venueId) },
    'DELETE silences/{silenceId}': { silenceId: await silenceIn(venueId) },
    'DELETE mute-windows/{muteWindowId}': { muteWindowId: await muteWindowIn(venueId) },
    'DELETE escalation-policies/{policyId}': { policyId: await policyIn(venueId) },
  }
  for (const [key, params] of Object.entries(spare)) {
    const headers = { 'idempotency-key': `once ${key}` }
    good[route(key)] = { ...good[route(key)], params, headers }
  }
}

const idsOfAlerts = ['alertId', 'instanceId', 'silenceId', 'muteWindowId', 'policyId'] as const
const ids = [
  ...idsOfAlerts,
  ...(['quarantineId', 'runId', 'exportId', 'scheduleId'] as const),
  ...(['messageId', 'contactPointId'] as const),
]

/** Of a venue the ids of what a path may name. */
export const idsIn = (venueId: string): Promise<Record<(typeof ids)[number], string>> =>
  withTenant(venueId, async (tx) => {
    const [kept] = await tx<{ id: string }[]>`
      select quarantine_id as id from quarantine where venue_id = ${venueId} limit 1`
    const [run] = await tx<{ id: string }[]>`
      select run_id as id from audit_runs where venue_id = ${venueId} limit 1`
    const [file] = await tx<{ id: string }[]>`
      select export_id as id from exports
       where venue_id = ${venueId} and status = 'completed'
       limit 1`
    const [schedule] = await tx<{ id: string }[]>`
      select schedule_id as id from report_schedules
       where venue_id = ${venueId} order by created_at limit 1`
    const [message] = await tx<{ id: string }[]>`
      select message_id as id from messages
       where venue_id = ${venueId} and status = 'dead' limit 1`
    const [place] = await tx<{ id: string }[]>`
      select contact_point_id as id from contact_points
       where venue_id = ${venueId} order by created_at limit 1`
    const [alert] = await tx<{ id: string }[]>`
      select alert_id as id from alerts where venue_id = ${venueId} order by created_at limit 1`
    const [instance] = await tx<{ id: string }[]>`
      select instance_id as id from alert_instances
       where venue_id = ${venueId} order by fired_at limit 1`
    const [silence] = await tx<{ id: string }[]>`
      select silence_id as id from silences
       where venue_id = ${venueId} order by created_at limit 1`
    const [muteWindow] = await tx<{ id: string }[]>`
      select mute_window_id as id from mute_windows
       where venue_id = ${venueId} order by created_at limit 1`
    const [policy] = await tx<{ id: string }[]>`
      select policy_id as id from escalation_policies
       where venue_id = ${venueId} order by created_at limit 1`
    return {
      alertId: alert?.id ?? '',
      instanceId: instance?.id ?? '',
      silenceId: silence?.id ?? '',
      muteWindowId: muteWindow?.id ?? '',
      policyId: policy?.id ?? '',
      messageId: message?.id ?? '',
      contactPointId: place?.id ?? '',
      quarantineId: kept?.id ?? '',
      runId: run?.id ?? '',
      exportId: file?.id ?? '',
      scheduleId: schedule?.id ?? '',
    }
  })

/** One that may be deleted without anybody missing it. */
const lastSchedule = (venueId: string): Promise<string> =>
  withTenant(venueId, async (tx) => {
    const [schedule] = await tx<{ id: string }[]>`
      select schedule_id as id from report_schedules
       where venue_id = ${venueId} order by created_at desc limit 1`
    return schedule?.id ?? ''
  })
