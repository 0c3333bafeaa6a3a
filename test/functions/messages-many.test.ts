import { withTenant } from '../../lib/clients/postgres.ts'
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications, serveSink, work } from '../support/messages.ts'
import { closeStores } from '../support/service.ts'

const many = 10_000
const [together, workers] = [100, 4]

ownNotifications()
afterAll(closeStores)

test('ten thousand messages to a receiver that fails three in ten each arrive once', async () => {
  const venue = unique('v')
  const sink = await serveSink()
  sink.state.status = (count) => (count % 10 < 3 ? 503 : 200)
  const places = await Promise.all(Array.from({ length: 4 }, () => addTarget(venue, sink.target())))
  await withTenant(
    venue,
    (tx) => tx`
      insert into messages (venue_id, dedupe_key, template, data, contact_point_id)
      select ${venue}, 'many-' || i, 'report-failed',
             '{"venue": "v", "name": "Sales", "dueAt": "x", "reason": "y"}',
             (${JSON.stringify(places)}::text::jsonb ->> (i % 4))::uuid
        from generate_series(1, ${many}) i`,
  )
  const beganAt = performance.now()
  let rounds = 0
  for (; rounds < 8; rounds += 1) {
    const waiting = await withTenant(venue, async (tx) => {
      await tx`
        update messages set due_at = clock_timestamp()
         where venue_id = ${venue} and status = 'failed'`
      const rows = await tx<{ id: string }[]>`
        select message_id as id from messages
         where venue_id = ${venue} and status in ('pending', 'failed')`
      return rows.map(({ id }) => id)
    })
    if (waiting.length === 0) break
    const batches = Array.from({ length: Math.ceil(waiting.length / together) }, (_, i) =>
      waiting.slice(i * together, (i + 1) * together),
    )
    const next = async () => {
      for (let ids = batches.pop(); ids; ids = batches.pop()) {
        expect(await work(venue, ...ids)).toEqual([])
      }
    }
    await Promise.all(Array.from({ length: workers }, next))
  }
  const seconds = (performance.now() - beganAt) / 1000
  process.stderr.write(`${many} messages, ${sink.state.asked} sendings: ${seconds.toFixed(1)} s\n`)
  const states = await withTenant(
    venue,
    (tx) => tx<{ status: string; count: number }[]>`
      select status, count(*)::int as count from messages where venue_id = ${venue} group by status`,
  )
  // Of eight attempts all may fail: (3/10)⁸ of ten thousand is less than one, and it is not lost.
  const dead = states.find(({ status }) => status === 'dead')?.count ?? 0
  expect(dead).toBeLessThanOrEqual(3)
  expect(states.find(({ status }) => status === 'sent')?.count).toBe(many - dead)
  expect(sink.taken.size).toBe(many - dead)
  expect([...sink.taken.values()].every((count) => count === 1)).toBe(true)
  expect(sink.state.asked).toBeGreaterThan(many * 1.3)
  sink.close()
}, 120_000)
