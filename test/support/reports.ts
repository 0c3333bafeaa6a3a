import { handler } from '../../functions/http/report-schedules.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { addSchedule } from '../../lib/report-schedules/change.ts'
import { runDueReports } from '../../lib/report-schedules/run-due.ts'
import { insertRun } from '../../lib/report-schedules/run-store.ts'
import { NewSchedule } from '../../lib/report-schedules/schema.ts'
import { unique } from './events.ts'
import { ownQueue } from './queue.ts'
import { call } from './service.ts'

/** Schedules of somebody, each with two runs, that no clock touches; returns their ids. */
export async function addReports(venueId: string, count = 2): Promise<string[]> {
  const ids: string[] = []
  const caller = { userId: 'u-1', venues: { [venueId]: 'owner' as const } }
  const nobodyElse = { ingestVenue: null, isOps: false, expiresAt: 0 }
  const asked = NewSchedule.parse({
    ...{ name: 'Sales', rule: 'FREQ=YEARLY', type: 'sales-daily', format: 'csv' },
    ...{ period: 'all', enabled: false },
  })
  const now = new Date()
  while (ids.length < count) {
    const once = { now, onceId: unique('k') }
    const { schedule } = await addSchedule(venueId, { ...caller, ...nobodyElse }, asked, once)
    const run = { startedBy: 'hand' as const, askedBy: 'u-1', dueAt: now.getTime(), refused: null }
    await withTenant(venueId, async (tx) => {
      for (const onceId of [unique('k'), unique('k')]) {
        await insertRun(tx, venueId, { scheduleId: schedule.id, onceId, ...run })
      }
      await tx`
        update report_runs set state = 'completed', is_done = true where venue_id = ${venueId}`
    })
    ids.push(schedule.id)
  }
  return ids
}

/** Does with schedules what can be done with them, in time and out of it. */
export async function useReports(venueId: string): Promise<void> {
  await ownQueue('BROADCAST_QUEUE_URL')
  const caller = { venues: { [venueId]: 'owner' as const } }
  const base = '/v1/venues/{venueId}/report-schedules'
  const ask = (key: string, scheduleId: string, more = {}) => {
    const [method = '', path = ''] = key.split(' ')
    const headers = { 'if-match': '*', 'idempotency-key': unique('k') }
    const params = { venueId, scheduleId }
    return call(handler, `${method} ${base}${path}`, { caller, params, headers, ...more })
  }
  const body = { name: 'Sales', type: 'orders', format: 'csv', period: 'all', recipients: ['u-2'] }
  const made = await ask('POST ', '', { body: { ...body, rule: 'FREQ=DAILY;BYHOUR=7;BYMINUTE=0' } })
  const { id, nextRunAt } = made.body
  const due = new Date(Date.parse(nextRunAt) + 20_000)
  await runDueReports(due)
  // The next turn ends what was asked for, and is refused a file of its own.
  await withTenant(venueId, async (tx) => {
    await tx`update exports set status = 'completed' where venue_id = ${venueId}`
    await tx`update venue_members set role = 'viewer' where venue_id = ${venueId}`
  })
  await runDueReports(new Date(due.getTime() + 86_400_000))
  for (const key of ['GET ', 'GET /{scheduleId}', 'GET /{scheduleId}/runs']) await ask(key, id)
  await ask('PATCH /{scheduleId}', id, { body: { enabled: true } })
  await ask('POST /{scheduleId}/run', id)
  await ask('DELETE /{scheduleId}', id)
}
