import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { withTenant } from '../../lib/clients/postgres.ts'
import { newWebhookSecret } from '../../lib/messages/contact-point.ts'
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications, work } from '../support/messages.ts'
import { closeStores } from '../support/service.ts'

const many = 10_000
// A worker posts to a host four at a time: several hosts are asked at once.
const [together, workers, hosts] = [100, 4, 4]

ownNotifications()
afterAll(closeStores)

/** Whether an attempt fails: three in ten, by lot, the same in every run, and none eight times. */
const fails = (key: string, attempt: number): boolean =>
  (createHash('sha1').update(`${key} ${attempt}`).digest()[0] ?? 0) < 0.3 * 256

/**
 * A receiver that fails three in ten, and counts the keys of what it was sent and took. It reads of
 * HTTP no more than it must: a server that reads all of it costs as much as the service.
 */
async function receiver(asked: Map<string, number>, taken: Map<string, number>) {
  const server = net.createServer((socket) => {
    let request = ''
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      request += piece.toString('latin1')
      const head = request.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1])
      if (head < 0 || request.length < head + 4 + length) return
      const key = /webhook-id: (\S+)/i.exec(request)?.[1] ?? ''
      const attempt = (asked.get(key) ?? 0) + 1
      asked.set(key, attempt)
      const isTaken = !fails(key, attempt)
      if (isTaken) taken.set(key, (taken.get(key) ?? 0) + 1)
      const status = isTaken ? '200 OK' : '503 Service Unavailable'
      socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const target = { kind: 'webhook' as const, url: `http://${host}/in`, secret: newWebhookSecret() }
  return { host, target, close: () => server.close() }
}

test('ten thousand messages to a receiver that fails three in ten each arrive once', async () => {
  const venue = unique('v')
  const [asked, taken] = [new Map<string, number>(), new Map<string, number>()]
  const sinks = await Promise.all(Array.from({ length: hosts }, () => receiver(asked, taken)))
  process.env.WEBHOOK_ALLOWED_HOSTS = sinks.map(({ host }) => host).join(',')
  const places = await Promise.all(sinks.map(({ target }) => addTarget(venue, target)))
  await withTenant(
    venue,
    (tx) => tx`
      insert into messages (venue_id, dedupe_key, template, data, contact_point_id)
      select ${venue}, 'order-' || i, 'report-failed',
             '{"venue": "v", "name": "Sales", "dueAt": "x", "reason": "y"}',
             (${JSON.stringify(places)}::text::jsonb ->> (i % ${hosts}))::uuid
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
  const sendings = [...asked.values()].reduce((sum, count) => sum + count, 0)
  const seconds = (performance.now() - beganAt) / 1000
  process.stderr.write(`${many} messages, ${sendings} sendings: ${seconds.toFixed(1)} s\n`)
  const states = await withTenant(
    venue,
    (tx) => tx<{ status: string; count: number }[]>`
      select status, count(*)::int as count from messages where venue_id = ${venue} group by status`,
  )
  expect(states).toEqual([{ status: 'sent', count: many }])
  expect(taken.size).toBe(many)
  expect([...taken.values()].every((count) => count === 1)).toBe(true)
  // No attempt that was not needed: each ended with the first that did not fail.
  const needed = (key: string) => [1, 2, 3, 4, 5, 6, 7, 8].find((n) => !fails(key, n))
  expect([...asked].filter(([key, count]) => count !== needed(key))).toEqual([])
  expect(sendings / many).toBeGreaterThan(1.4)
  for (const sink of sinks) sink.close()
}, 120_000)
