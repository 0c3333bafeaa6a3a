import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ScheduledEvent } from 'aws-lambda'
import { handler as jobs } from '../../functions/http/jobs.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as deleteExpired } from '../../functions/schedule/delete-expired.ts'
import { withJob, withTenantJob } from '../../lib/clients/postgres.ts'
import { rawKeptSince } from '../../lib/retention/policy.ts'
import { sweepVenue } from '../../lib/retention/sweep.ts'
import { backdate, keptRows } from '../support/aged.ts'
import { event, paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { ask, call, closeStores, context, deliver } from '../support/service.ts'

afterAll(closeStores)

const now = new Date('2026-06-15T12:00:00Z')
const whole = () => ({ isDryRun: false, endsAt: performance.now() + 30_000 })
const aggregate = async (venueId: string) => {
  const answer = await call(metrics, 'GET /v1/venues/{venueId}/metrics/{metric}/aggregate', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, metric: 'queue_length' },
    query: { fn: 'sum', from: '2026-05-01', to: '2026-07-01' },
  })
  return answer.body
}
const sweep = async (venueId: string, asked = whole()) =>
  Object.fromEntries(
    (await sweepVenue(venueId, now, asked)).classes.map(({ class: name, count }) => [name, count]),
  )
const refused = (venue_id: string) => ({ venue_id, type: 'no.such.type', event_id: unique('e') })

const setPolicy = (venueId: string, keepMonths: object) =>
  withTenantJob(
    venueId,
    (tx) => tx`
      insert into retention (venue_id, keep_months)
      values (${venueId}, ${JSON.stringify(keepMonths)}::text::jsonb)
          on conflict (venue_id) do update set keep_months = excluded.keep_months`,
  )

/** So many refused events of a venue, received a second after each other from a moment on. */
const addRefused = (venueId: string, count: number, from: string) =>
  withTenantJob(
    venueId,
    (tx) => tx`
      insert into quarantine (venue_id, fingerprint, code, path, message, body, received_at)
      select ${venueId}, n::text, 'invalid', 'data', 'is not right', '{}',
             ${from}::text::timestamptz + n * interval '1 second'
        from generate_series(1, ${count}::int) n`,
  )

test('exactly what was received before the venue’s own midnight goes', async () => {
  const venue = unique('v')
  await deliver(
    event(venue, 'venue.updated', { data: { timezone: 'America/New_York', currency: 'USD' } }),
    refused(venue),
    refused(venue),
  )
  const times = { old: '2025-05-15T03:59:59.999999Z', kept: '2025-05-15T04:00:00Z' }
  await withTenantJob(
    venue,
    (tx) => tx`
      update quarantine q
         set received_at = case n when 1 then ${times.old} else ${times.kept} end::timestamptz
        from (select quarantine_id, row_number() over () as n
                from quarantine where venue_id = ${venue}) numbered
       where q.venue_id = ${venue} and q.quarantine_id = numbered.quarantine_id`,
  )
  expect(await sweep(venue)).toMatchObject({ quarantine: 1, intake: 0, rawEvents: 0 })
  expect(await sweep(venue)).toMatchObject({ quarantine: 0 })
  const left = await withTenantJob(
    venue,
    (tx) => tx<{ receivedAt: Date }[]>`
      select received_at from quarantine where venue_id = ${venue}`,
  )
  expect(left.map(({ receivedAt }) => receivedAt.toISOString())).toEqual([
    '2025-05-15T04:00:00.000Z',
  ])
})

test('receipt decides, however long ago an event happened', async () => {
  const [late, early] = [unique('v'), unique('v')]
  await deliver(paid(late, { occurred_at: '2012-01-01T00:00:00Z' }), paid(early))
  await backdate(early, '2024-05-14T23:59:59Z')
  expect(await sweep(late)).toEqual({ quarantine: 0, intake: 0, rawEvents: 0 })
  expect(await sweep(early)).toEqual({ quarantine: 0, intake: 1, rawEvents: 1 })
  expect(await keptRows(late)).toEqual({ quarantine: 0, intake: 1, rawEvents: 1 })
})

test('each venue’s policy holds for its own rows', async () => {
  const [short, long] = [unique('v'), unique('v')]
  for (const venue of [short, long]) {
    await deliver(paid(venue), refused(venue))
    await backdate(venue, '2026-04-01T00:00:00Z')
  }
  await setPolicy(short, { rawEvents: 2, quarantine: 3 })
  expect(await sweep(long)).toEqual({ quarantine: 0, intake: 0, rawEvents: 0 })
  expect(await sweep(short)).toEqual({ quarantine: 0, intake: 0, rawEvents: 1 })
  expect((await keptRows(long)).rawEvents).toBe(1)
})

test('no number changes, and an event of old still counts once', async () => {
  const venue = unique('v')
  const order = paid(venue)
  const value = event(venue, 'metric.recorded', { data: { name: 'queue_length', value: 7 } })
  await deliver(order, paid(venue), value)
  await backdate(venue, '2020-01-01T00:00:00Z')
  const asked = { from: '2026-05-01', to: '2026-07-01', granularity: 'day' }
  const numbers = async () =>
    JSON.stringify(
      [
        await ask(venue, 'gross_revenue', { ...asked, group_by: 'ticket_type' }),
        await ask(venue, 'orders', { ...asked, granularity: 'hour', from: '2026-06-01' }),
        await aggregate(venue),
      ],
      (name, told) => (name === 'asOf' ? undefined : told), // that of the asking
    )
  const before = await numbers()
  expect(await sweep(venue)).toEqual({ quarantine: 0, intake: 2, rawEvents: 3 })
  expect(await numbers()).toBe(before)
  await deliver(order)
  expect(await numbers()).toBe(before)
})

test('a run that is killed in the middle leaves whole batches, and the next does the rest', async () => {
  const venue = unique('v')
  await addRefused(venue, 12_000, '2024-01-01T00:00:00Z')
  const program = `
    const { observeStatements } = await import('./lib/clients/postgres.ts')
    const { sweepVenue } = await import('./lib/retention/sweep.ts')
    let deletes = 0
    observeStatements((statement) => {
      if (statement.includes('delete from') && ++deletes === 2) process.kill(process.pid, 'SIGKILL')
    })
    await sweepVenue('${venue}', new Date('${now.toISOString()}'), { isDryRun: false, endsAt: 1e9 })`
  const killed = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' })
  expect((await keptRows(venue)).quarantine).toBe(7000)
  expect(await sweep(venue)).toMatchObject({ quarantine: 7000 })
})

test('two runs at once share the work and count each row once', async () => {
  const venue = unique('v')
  await addRefused(venue, 12_000, '2024-01-01T00:00:00Z')
  await deliver(...Array.from({ length: 10 }, () => Array.from({ length: 100 }, () => paid(venue))))
  await deliver(...Array.from({ length: 2 }, () => Array.from({ length: 100 }, () => paid(venue))))
  await backdate(venue, '2020-01-01T00:00:00Z')
  const runs = await Promise.all([sweep(venue), sweep(venue)])
  const sum = (name: string) => runs.reduce((total, run) => total + (run[name] ?? 0), 0)
  expect([sum('quarantine'), sum('rawEvents')]).toEqual([12_000, 1200])
  expect(await keptRows(venue)).toMatchObject({ quarantine: 0, rawEvents: 0 })
})

test('a run without time deletes nothing and says that it is not done', async () => {
  const venue = unique('v')
  await addRefused(venue, 3, '2024-01-01T00:00:00Z')
  const { classes } = await sweepVenue(venue, now, { isDryRun: false, endsAt: 0 })
  expect(classes[0]).toMatchObject({ class: 'quarantine', count: 0, isComplete: false })
  expect((await keptRows(venue)).quarantine).toBe(3)
})

test('the archive is told as whole only since what any policy so far has left', async () => {
  const venue = unique('v')
  const since = async () => (await rawKeptSince(venue, now)).toISOString()
  expect(await since()).toBe('2024-05-15T00:00:00.000Z')
  await setPolicy(venue, { rawEvents: 1 })
  expect(await since()).toBe('2026-05-15T00:00:00.000Z')
  await sweep(venue)
  await setPolicy(venue, { rawEvents: 84 })
  expect(await since()).toBe('2026-05-15T00:00:00.000Z')
  await sweep(venue)
  expect(await since()).toBe('2026-05-15T00:00:00.000Z')
  const later = new Date('2034-06-15T12:00:00Z')
  expect((await rawKeptSince(venue, later)).toISOString()).toBe('2027-06-15T00:00:00.000Z')
})

test('the nightly run goes to every venue, also behind one that fails, and to messages of no venue', async () => {
  const venues = [unique('v'), unique('v'), unique('v')] as const
  const [first, bad, last] = venues
  for (const venue of venues) {
    await addRefused(venue, 1, '2020-01-01T00:00:00Z')
    await deliver(paid(venue))
    await backdate(venue, '2020-01-01T00:00:00Z')
  }
  await setPolicy(bad, { rawEvents: 'many' })
  const mark = unique('stray')
  await deliver({ event_id: mark, venue_id: '?' }, { event_id: unique('stray'), venue_id: '?' })
  await withJob(
    (tx) => tx`
      update unattributed_quarantine set received_at = '2020-01-01'
       where body like ${`%${mark}%`}`,
  )
  const counts = await deleteExpired({} as ScheduledEvent, context)
  expect(counts).toMatchObject({ failed: 1, unfinished: 0, waiting: 0, strays: 1 })
  expect(await keptRows(first)).toEqual({ quarantine: 0, intake: 0, rawEvents: 0 })
  expect(await keptRows(bad)).toEqual({ quarantine: 1, intake: 1, rawEvents: 1 })
  expect(await keptRows(last)).toEqual({ quarantine: 0, intake: 0, rawEvents: 0 })

  await setPolicy(bad, {})
  const run = (query: Record<string, string>, job = 'retention') =>
    request(jobs, 'POST /v1/ops/jobs/{job}/run', {
      caller: { isOps: true },
      params: { job },
      query,
    })
  const dry = await run({ dryRun: 'true' })
  expect(dry.body.counts).toMatchObject({ quarantine: 1, intake: 1, rawEvents: 1, strays: 0 })
  expect((await keptRows(bad)).quarantine).toBe(1)
  expect((await run({})).body).toEqual(dry.body)
  expect(await keptRows(bad)).toEqual({ quarantine: 0, intake: 0, rawEvents: 0 })

  const other = await run({ dryRun: 'true' }, 'catch-up')
  expect([other.status, other.body.issues[0].path]).toEqual([400, 'dryRun'])
  const history = await request(jobs, 'GET /v1/ops/jobs', {
    caller: { isOps: true },
    query: { job: 'retention' },
  })
  const told = history.body.items.map(({ startedBy, outcome }: never) => [startedBy, outcome])
  expect(told.slice(0, 2)).toEqual([
    ['hand', 'done'],
    ['clock', 'done'],
  ])
})
