import { handler as tend } from '../../functions/schedule/tend-sockets.ts'
import { observeStatements, withJob, withTenant } from '../../lib/clients/postgres.ts'
import { lockVenue } from '../../lib/ledger/state.ts'
import { announce } from '../../lib/sockets/announce.ts'
import { withSql } from '../support/databases.ts'
import { paid, unique } from '../support/events.ts'
import { closeStores, context, deliver } from '../support/service.ts'
import { type Sockets, startSockets } from '../support/sockets.ts'

// Each function has connections of its own; here all of them share one process.
process.env.DATABASE_POOL_SIZE = '10'

let sockets: Sockets
const now = () => ({ occurred_at: new Date().toISOString() })
type Told = { type: string; seq?: number | undefined; data: unknown }
const typesOf = (frames: Told[]) => frames.map(({ type, seq }) => `${type} ${seq ?? ''}`.trim())
const current = (frame: Told | undefined) => (frame?.data as { current?: number })?.current
const channelOf = (venue: string) => `venue:${venue}:metric:orders`

beforeAll(async () => {
  sockets = await startSockets()
})
afterAll(async () => {
  sockets.stop()
  await closeStores()
})

/** A socket that listens to the orders of a venue; nothing is on its way any more. */
async function watch(venue: string, told: Parameters<Sockets['open']>[1] = {}) {
  const socket = await sockets.open({ [venue]: 'viewer' }, told)
  await socket.say({ action: 'subscribe', channel: channelOf(venue) })
  return socket
}

const watchersOf = async (venue: string) => {
  const rows = await withTenant(
    venue,
    (tx) => tx<{ id: string }[]>`
      select connection_id as id from subscriptions where venue_id = ${venue}`,
  )
  return rows.map(({ id }) => id)
}
const isWatched = async (venue: string) =>
  (await withTenant(venue, (tx) => tx`select from announcements where venue_id = ${venue}`)).count >
  0
const isConnected = async (id: string) =>
  (await withJob((tx) => tx`select from connections where connection_id = ${id}`)).count > 0

test('a message that comes twice, or ten times at once, is told once', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  await sockets.drain()
  await deliver(paid(venue, now()))
  await Promise.all(Array.from({ length: 10 }, () => sockets.tell({ venueId: venue })))
  await sockets.tell({ venueId: venue }, { venueId: venue, isByClock: true })
  expect(typesOf(socket.frames)).toEqual(['subscribed 1', 'update 2'])
  const item = {
    channel: `venue:${venue}:alerts`,
    data: '{"open":1}',
    at: new Date().toISOString(),
  }
  await socket.say({ action: 'subscribe', channel: item.channel })
  for (let i = 0; i < 3; i += 1) await sockets.tell({ venueId: venue, item })
  // The other channel may have something to say meanwhile: the minute has changed.
  const alerts = () => socket.frames.filter(({ channel }) => channel === item.channel)
  expect(typesOf(alerts())).toEqual(['subscribed 1', 'update 2'])
  // One that was overtaken is dropped.
  await sockets.tell({
    venueId: venue,
    item: { ...item, data: '{"open":9}', at: '2026-01-01T00:00:00Z' },
  })
  expect(alerts()).toHaveLength(2)
})

test('what no repetition helps is dropped, and delays no other', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  await deliver(paid(venue, now()))
  const poison = ['junk', '{}', '[]', { venueId: 7 }, { venueId: venue, item: { channel: 'x' } }]
  const nobody = { venueId: unique('nobody') }
  const odd = {
    venueId: venue,
    item: { channel: 'no channel', data: '{}', at: new Date().toISOString() },
  }
  expect(await sockets.tell(...poison, nobody, odd, { venueId: venue })).toEqual([])
  expect(typesOf(socket.frames)).toEqual(['subscribed 1', 'update 2'])
})

test('a broadcast that dies in the middle is told again, under the same seq', async () => {
  const venue = unique('v')
  const [quick, slow] = [await watch(venue), await watch(venue)]
  await sockets.drain()
  await deliver(paid(venue, now()))
  sockets.how.set(slow.id, 'slow')
  const dying = sockets.tell({ venueId: venue })
  while (!quick.frames.some(({ type }) => type === 'update'))
    await new Promise((r) => setTimeout(r, 10))
  await withSql(
    process.env.TURNOUT_PG_ADMIN_URL ?? '',
    (sql) => sql`
    select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and classid = 73002 and mode = 'ExclusiveLock' and granted
       and objid = (hashtext(${venue})::bigint & 4294967295)::oid`,
  )
  expect(await dying).toHaveLength(1)
  sockets.how.delete(slow.id)
  await sockets.tell({ venueId: venue, isByClock: true })
  expect(typesOf(quick.frames)).toEqual(['subscribed 1', 'update 2', 'update 2'])
  expect(typesOf(slow.frames)).toEqual(['subscribed 1', 'update 2'])
  expect([quick, slow].map(({ frames }) => current(frames.at(-1)))).toEqual([1, 1])
})

test('a message that was lost is healed: by the next count after five seconds, by the clock at last', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  await sockets.drain()
  await deliver(paid(venue, now()))
  expect(await sockets.receive()).toHaveLength(1) // and nobody tells
  await deliver(paid(venue, now()))
  expect(await sockets.receive()).toHaveLength(0)
  await withTenant(
    venue,
    (tx) => tx`
    update announcements set sent_at = sent_at - interval '6 seconds' where venue_id = ${venue}`,
  )
  await deliver(paid(venue, now()))
  await sockets.drain()
  expect(current(socket.frames.at(-1))).toBe(3)
  await deliver(paid(venue, now()))
  await sockets.receive()
  await tend({} as never, context)
  await sockets.drain()
  expect(current(socket.frames.at(-1))).toBe(4)
  expect(typesOf(socket.frames)).toEqual(['subscribed 1', 'update 2', 'update 3'])
})

test('a count asks for nothing where nobody listens, and once however many batches come', async () => {
  const [venue, quiet] = [unique('v'), unique('v')]
  await watch(venue)
  await sockets.drain()
  for (let i = 0; i < 5; i += 1) await deliver(paid(venue, now()), paid(quiet, now()))
  const messages = await sockets.receive()
  expect(messages.map(({ Body }) => JSON.parse(Body ?? ''))).toEqual([{ venueId: venue }])
  expect(await sockets.receive()).toEqual([])
})

test('a count costs the same statements where somebody listens', async () => {
  const costOf = async (venue: string) => {
    await deliver(paid(venue, now()))
    let statements = 0
    const stop = observeStatements((statement) => {
      if (!statement.includes('raw_outbox')) statements += 1
    })
    await deliver(paid(venue, now()), paid(venue, now()))
    stop()
    return statements
  }
  const [watched, quiet] = [unique('v'), unique('v')]
  await watch(watched)
  expect(await costOf(watched)).toBe(await costOf(quiet))
})

test('while orders stream in, a channel is told once a second, without a gap, the last one right', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  const end = Date.now() + 3200
  let sent = 0
  let isOver = false
  const worker = (async () => {
    while (!isOver) await sockets.drain()
    await sockets.drain()
  })()
  while (Date.now() < end) {
    await deliver(...Array.from({ length: 10 }, () => paid(venue, now())))
    sent += 10
  }
  isOver = true
  await worker
  const updates = socket.frames.filter(({ type }) => type === 'update')
  expect(current(updates.at(-1))).toBe(sent)
  expect(updates.map(({ seq }) => seq)).toEqual(updates.map((_, i) => i + 2))
  const gaps = updates.slice(1).map(({ at }, i) => at - (updates[i]?.at ?? 0))
  expect(gaps.length).toBeGreaterThanOrEqual(2)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(990)
})

test('sockets that are gone are forgotten in the same pass, and the others are told', async () => {
  const venue = unique('v')
  const all = await Promise.all(Array.from({ length: 10 }, () => watch(venue)))
  await sockets.drain()
  const [gone, left] = [all.slice(0, 3), all.slice(3)]
  for (const { id } of gone) sockets.how.set(id, 'gone')
  await deliver(paid(venue, now()))
  await sockets.drain()
  expect(left.map(({ frames }) => typesOf(frames).at(-1))).toEqual(left.map(() => 'update 2'))
  expect((await watchersOf(venue)).toSorted()).toEqual(left.map(({ id }) => id).toSorted())
  expect(await Promise.all(gone.map(({ id }) => isConnected(id)))).toEqual([false, false, false])
  for (const { id } of left) sockets.how.set(id, 'gone')
  await deliver(paid(venue, now()))
  await sockets.drain()
  expect([await watchersOf(venue), await isWatched(venue)]).toEqual([[], false])
})

test('a client that vanished without a word costs nothing after the clock has looked', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  await sockets.close(socket.id)
  expect(await isWatched(venue)).toBe(true)
  await tend({} as never, context)
  await sockets.drain()
  expect([await watchersOf(venue), await isWatched(venue)]).toEqual([[], false])
})

test('slow, broken and throttled sockets delay nobody for more than a second, and catch up', async () => {
  const venue = unique('v')
  const all = await Promise.all(Array.from({ length: 20 }, () => watch(venue)))
  await sockets.drain()
  const bad = all.slice(0, 3)
  const left = all.slice(3)
  const kinds = ['slow', 'broken', 'throttled'] as const
  for (const [i, { id }] of bad.entries()) sockets.how.set(id, kinds[i] ?? 'slow')
  await deliver(paid(venue, now()))
  const startedAt = Date.now()
  await sockets.tell({ venueId: venue })
  expect(left.map(({ frames }) => (frames.at(-1)?.at ?? 0) - startedAt < 1000)).toEqual(
    left.map(() => true),
  )
  expect(Date.now() - startedAt).toBeLessThan(2500)
  expect(bad.map(({ frames }) => typesOf(frames))).toEqual(bad.map(() => ['subscribed 1']))
  for (const { id } of bad) sockets.how.delete(id)
  await sockets.drain()
  expect(bad.map(({ frames }) => typesOf(frames))).toEqual(
    bad.map(() => ['subscribed 1', 'resync 2']),
  )
  expect(left.map(({ frames }) => frames.length)).toEqual(left.map(() => 2))
})

test('a socket that takes nothing for a minute is let go', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  await sockets.drain()
  sockets.how.set(socket.id, 'broken')
  await deliver(paid(venue, now()))
  await sockets.tell({ venueId: venue })
  await withTenant(
    venue,
    (tx) => tx`
    update subscriptions set behind_since = behind_since - interval '61 seconds' where venue_id = ${venue}`,
  )
  await sockets.drain()
  expect([await watchersOf(venue), await isConnected(socket.id)]).toEqual([[], false])
  expect(sockets.closed.has(socket.id)).toBe(true)
})

test('numbers that a long count holds back are told with a word about it', async () => {
  const venue = unique('v')
  const socket = await watch(venue)
  await sockets.drain()
  await withTenant(venue, async (tx) => {
    await lockVenue(tx, venue)
    await new Promise((resolve) => setTimeout(resolve, 5200))
    await sockets.tell({ venueId: venue, isByClock: true })
  })
  const stale = socket.frames.find(({ type }) => type === 'stale')
  expect(stale?.data).toMatchObject({ since: stale?.asOf, lagSeconds: expect.any(Number) })
  await sockets.drain()
  expect(socket.frames.filter(({ type }) => type === 'stale')).toHaveLength(1)
})

test('nothing is told after a token has expired but goodbye, and the socket is closed', async () => {
  const venue = unique('v')
  const expiresAt = Date.now() + 3000
  const [short, long] = [await watch(venue, { expiresAt }), await watch(venue)]
  await sockets.drain()
  await deliver(paid(venue, now()))
  await sockets.drain()
  await new Promise((resolve) => setTimeout(resolve, expiresAt - Date.now()))
  await deliver(paid(venue, now()))
  await sockets.drain()
  expect(typesOf(short.frames)).toEqual(['subscribed 1', 'update 2', 'goodbye'])
  expect(short.frames.at(-1)?.data).toEqual({ reason: 'expired' })
  expect(sockets.closed.has(short.id)).toBe(true)
  expect(typesOf(long.frames)).toEqual(['subscribed 1', 'update 2', 'update 3'])
  expect(await watchersOf(venue)).toEqual([long.id])
})

test('nothing longer than the gateway takes is posted: its place says so', async () => {
  const venue = unique('v')
  const channel = `venue:${venue}:dashboard:d1`
  const socket = await sockets.open({ [venue]: 'viewer' })
  await socket.say({ action: 'subscribe', channel })
  for (const size of [130_000, 131_000, 300_000]) {
    await announce(venue, channel, { text: 'x'.repeat(size) })
    await sockets.drain()
  }
  expect(typesOf(socket.frames)).toEqual(['subscribed 1', 'update 2', 'update 3', 'update 4'])
  expect(socket.frames.every(({ bytes }) => bytes <= 128 * 1024)).toBe(true)
  expect(socket.frames[1]?.data).toHaveProperty('text')
  for (const { data } of socket.frames.slice(2)) expect(data).toMatchObject({ code: 'too_large' })
})

test('a broadcast costs as many statements for fifty sockets as for one, fifty posts at once', async () => {
  const costOf = async (listeners: number) => {
    const venue = unique('v')
    await Promise.all(Array.from({ length: listeners }, () => watch(venue)))
    await sockets.drain()
    await deliver(paid(venue, now()))
    let statements = 0
    const stop = observeStatements(() => {
      statements += 1
    })
    await sockets.tell({ venueId: venue })
    stop()
    return statements
  }
  const one = await costOf(1)
  expect(await costOf(60)).toBe(one)
  expect(one).toBeLessThan(45)
  expect(sockets.waiting.most).toBeLessThanOrEqual(50)
})

test('who subscribes while counts stream in sees every seq once, from the state on', async () => {
  const venue = unique('v')
  let isOver = false
  const worker = (async () => {
    while (!isOver) await sockets.drain()
    await sockets.drain()
  })()
  const counting = (async () => {
    for (let i = 0; i < 20; i += 1) {
      await deliver(paid(venue, now()))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 150))
      return watch(venue)
    }),
  )
  await counting
  isOver = true
  await worker
  for (const { frames } of all) {
    const [first] = frames
    expect(first?.type).toBe('subscribed')
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, i) => (first?.seq ?? 0) + i))
    expect(current(frames.at(-1))).toBe(20)
  }
})
