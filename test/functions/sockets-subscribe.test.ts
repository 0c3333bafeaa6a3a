import { redis, tenantKey } from '../../lib/clients/redis.ts'
import { announce, announceUser } from '../../lib/sockets/announce.ts'
import { event, paid, unique } from '../support/events.ts'
import { ask, closeStores, deliver } from '../support/service.ts'
import { type Sockets, startSockets } from '../support/sockets.ts'

let sockets: Sockets
const now = () => ({ occurred_at: new Date().toISOString() })
const codesOf = (frames: { type: string; data: unknown }[]) =>
  frames.filter(({ type }) => type === 'error').map(({ data }) => (data as { code: string }).code)

beforeAll(async () => {
  sockets = await startSockets()
})
afterAll(async () => {
  sockets.stop()
  await closeStores()
})

test('who subscribes is told the state, and then each change with the number of the API', async () => {
  const venue = unique('v')
  const socket = await sockets.open({ [venue]: 'viewer' })
  const channel = `venue:${venue}:metric:orders`
  await socket.say({ action: 'subscribe', channel, id: 's-1' })
  expect(socket.frames).toMatchObject([
    { v: 1, type: 'subscribed', channel, seq: 1, id: 's-1', data: { current: 0 } },
  ])
  await sockets.drain()
  expect(socket.frames).toHaveLength(1)
  await deliver(paid(venue, now()), paid(venue, now()))
  await sockets.drain()
  expect(socket.frames[1]).toMatchObject({ type: 'update', channel, seq: 2, data: { current: 2 } })
  const { data, asOf } = socket.frames[1] as { data: unknown; asOf: string }
  const { window } = data as { window: { from: string; to: string } }
  const { total } = await ask(venue, 'orders', { ...window, granularity: 'none', asOf })
  expect(total).toBe(2)
})

test('every kind of channel tells its numbers, all as of one moment', async () => {
  const venue = unique('v')
  await deliver(
    paid(venue, { ...now(), event_ref: { event_id: 'a:b' } }, { fees_minor: 5 }),
    paid(venue, { ...now(), event_ref: { event_id: 'a:b' }, data: { currency: 'EUR' } }),
    event(venue, 'ticket.scanned', {
      ...now(),
      event_ref: { event_id: 'a:b' },
      data: { scan_id: 's1', result: 'error', reason: 'sold_twice', gate_id: 'north' },
    }),
    event(venue, 'metric.recorded', { ...now(), data: { name: 'queue_length', value: 7 } }),
    event(venue, 'metric.recorded', { ...now(), data: { name: 'queue_length', value: 9 } }),
  )
  const socket = await sockets.open({ [venue]: 'viewer' })
  const names = ['summary', 'metric:gross_revenue', 'event:a:b:sales', 'event:a:b:door']
  const more = ['gauge:queue_length', 'data-quality', 'alerts', 'dashboard:d1', 'widget:w1']
  const channels = [...names, ...more].map((name) => `venue:${venue}:${name}`)
  await socket.say({ action: 'subscribe', channels })
  expect(socket.frames.map(({ type, channel }) => [type, channel])).toEqual(
    channels.map((channel) => ['subscribed', channel]),
  )
  const [summary, metric, sales, door, gauge, quality, alerts] = socket.frames.map(
    ({ data }) => data,
  )
  const moments = new Set(socket.frames.slice(0, 6).map(({ asOf }) => asOf))
  expect(moments.size).toBe(1)
  expect(summary).toMatchObject({
    kpis: expect.arrayContaining([expect.objectContaining({ metric: 'orders', current: 2 })]),
  })
  expect(metric).toMatchObject({
    metric: 'gross_revenue',
    currency: 'USD',
    current: 9100,
    otherCurrencies: [{ currency: 'EUR', current: 9100 }],
  })
  expect(sales).toMatchObject({
    event: 'a:b',
    values: expect.arrayContaining([
      { metric: 'orders', unit: 'count', currency: null, value: 2 },
      { metric: 'net_revenue', unit: 'minor', currency: 'EUR', value: 9100 },
    ]),
  })
  expect(door).toMatchObject({
    rejects: [{ reason: 'sold_twice', scans: 1 }],
    lastMinute: { gates: [] },
  })
  expect(gauge).toMatchObject({ name: 'queue_length', max: 9 })
  expect(quality).toMatchObject({ daysStale: false, waiting: { kept: 0 } })
  expect(alerts).toBeNull()
})

const foreign = (venue: string): [name: string, code: string][] => [
  [`venue:${venue}-x:summary`, 'forbidden_channel'],
  [`venue:${venue}-x:widget:w1`, 'forbidden_channel'],
  [`venue:${venue}-x:event:e1:sales`, 'forbidden_channel'],
  ['user:somebody', 'forbidden_channel'],
  [`venue:${venue}:export:x1`, 'forbidden_channel'],
  ['venue:*:summary', 'unknown_channel'],
  ['venue:%:summary', 'unknown_channel'],
  [`venue:${venue}:metric:*`, 'unknown_channel'],
  [`venue:${venue}:metric:nonsense`, 'unknown_channel'],
  [`venue:${venue}:metric:constructor`, 'unknown_channel'],
  [`venue:${venue}:event:e1`, 'unknown_channel'],
  [`venue:${venue}`, 'unknown_channel'],
  ['venue:__proto__:summary', 'forbidden_channel'],
  ['venue:constructor:summary', 'forbidden_channel'],
  [`venue:${'v'.repeat(65)}:summary`, 'unknown_channel'],
  [`venue:${venue}:gauge:${'g'.repeat(500)}`, 'unknown_channel'],
  ['', 'unknown_channel'],
]

test('another venue’s channels are refused one by one, and nothing of them is ever heard', async () => {
  const venue = unique('v')
  const other = `${venue}-x`
  const socket = await sockets.open({ [venue]: 'viewer' })
  const owner = await sockets.open({ [other]: 'owner' })
  const own = `venue:${venue}:metric:orders`
  const asked = foreign(venue)
  await socket.say({ action: 'subscribe', channels: [...asked.map(([name]) => name), own] })
  expect(codesOf(socket.frames)).toEqual(asked.map(([, code]) => code))
  expect(socket.frames.at(-1)).toMatchObject({ type: 'subscribed', channel: own })
  for (const [name] of asked.slice(0, 3)) {
    await socket.say({ action: 'resume', channel: name, fromSeq: 1 })
    expect(codesOf(socket.frames.slice(-1))).toEqual(['forbidden_channel'])
  }
  const before = socket.frames.length
  await owner.say({ action: 'subscribe', channel: `venue:${other}:summary` })
  for (let i = 0; i < 3; i += 1) {
    await deliver(paid(other, now()))
    await sockets.drain()
  }
  expect(owner.frames.filter(({ type }) => type === 'update')).toHaveLength(3)
  expect(socket.frames).toHaveLength(before)
})

test('a socket listens to a hundred channels', async () => {
  const venue = unique('v')
  const socket = await sockets.open({ [venue]: 'viewer' })
  const widgets = Array.from({ length: 102 }, (_, i) => `venue:${venue}:widget:w${i}`)
  await socket.say({ action: 'subscribe', channels: widgets.slice(0, 99) })
  await socket.say({ action: 'subscribe', channels: widgets.slice(99, 101) })
  expect(codesOf(socket.frames)).toEqual(['too_many_subscriptions', 'too_many_subscriptions'])
  await socket.say({ action: 'subscribe', channels: [widgets[99], widgets[0]] })
  expect(codesOf(socket.frames)).toHaveLength(2)
  await socket.say({ action: 'unsubscribe', channel: widgets[5] })
  await socket.say({ action: 'subscribe', channel: widgets[101] })
  await socket.say({ action: 'list' })
  const channels = (socket.frames.at(-1)?.data as { channels: string[] } | undefined)?.channels
  expect(channels).toHaveLength(100)
  expect(channels).not.toContain(widgets[5])
})

test('who unsubscribed is told nothing more', async () => {
  const venue = unique('v')
  const channel = `venue:${venue}:metric:orders`
  const socket = await sockets.open({ [venue]: 'viewer' })
  await socket.say({ action: 'subscribe', channel })
  await socket.say({ action: 'unsubscribe', channel, id: 'u' })
  expect(socket.frames.at(-1)).toMatchObject({ type: 'unsubscribed', id: 'u' })
  const before = socket.frames.length
  await deliver(paid(venue, now()))
  await sockets.drain()
  expect(socket.frames).toHaveLength(before)
  // Nobody watches any more: a count asks for nothing.
  await deliver(paid(venue, now()))
  expect(await sockets.drain()).toBe(0)
})

test('what is announced is told as it is, to a venue or to one person', async () => {
  const [venue, userId] = [unique('v'), unique('u')]
  const socket = await sockets.open({ [venue]: 'viewer' }, { userId })
  const stranger = await sockets.open({ [venue]: 'viewer' })
  const alerts = `venue:${venue}:alerts`
  await socket.say({ action: 'subscribe', channels: [alerts, `user:${userId}`] })
  await stranger.say({ action: 'subscribe', channels: [alerts, `user:${userId}`] })
  expect(codesOf(stranger.frames)).toEqual(['forbidden_channel'])
  await announce(venue, alerts, { open: 2, digits: 7 })
  await announceUser(userId, { hello: 'you' })
  await sockets.drain()
  expect(socket.frames.slice(2)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'update', channel: alerts, data: { open: 2, digits: 7 } }),
      expect.objectContaining({
        type: 'update',
        channel: `user:${userId}`,
        data: { hello: 'you' },
      }),
    ]),
  )
  expect(stranger.frames.filter(({ type }) => type === 'update')).toHaveLength(1)
  // Who comes later begins with it.
  const late = await sockets.open({ [venue]: 'viewer' })
  await late.say({ action: 'subscribe', channel: alerts })
  expect(late.frames[0]).toMatchObject({ type: 'subscribed', data: { open: 2, digits: 7 } })
  await expect(announce(venue, `venue:${venue}-x:alerts`, {})).rejects.toThrow('no channel')
  await expect(announce(venue, `venue:${venue}:summary`, {})).rejects.toThrow('no channel')
})

describe('who comes back', () => {
  const venue = unique('v')
  const channel = `venue:${venue}:metric:orders`
  const typesOf = (frames: { type: string; seq?: number }[]) =>
    frames.map(({ type, seq }) => `${type} ${seq}`)
  const back = async (fromSeq: number) => {
    const socket = await sockets.open({ [venue]: 'viewer' })
    await socket.say({ action: 'resume', channel, fromSeq, id: 'r' })
    return socket
  }

  beforeAll(async () => {
    const first = await sockets.open({ [venue]: 'viewer' })
    await first.say({ action: 'subscribe', channel })
    for (let i = 0; i < 3; i += 1) {
      await deliver(paid(venue, now()))
      await sockets.drain()
    }
    expect(typesOf(first.frames)).toEqual(['subscribed 1', 'update 2', 'update 3', 'update 4'])
  })

  test('is told what it missed, and listens again', async () => {
    const socket = await back(2)
    expect(typesOf(socket.frames)).toEqual(['update 3', 'update 4', 'resumed 4'])
    expect(typesOf((await back(4)).frames)).toEqual(['resumed 4'])
    await socket.say({ action: 'list' })
    expect(socket.frames.at(-1)?.data).toEqual({ channels: [channel] })
  })

  test('begins anew where what it names is not known', async () => {
    for (const fromSeq of [0, 99]) {
      const { frames } = await back(fromSeq)
      expect(frames).toMatchObject([{ type: 'resync', seq: 4, id: 'r', data: { current: 3 } }])
    }
  })

  test('begins anew where Redis has lost something, or all', async () => {
    const key = tenantKey(venue, 'ws', channel)
    const [lost = ''] = (await redis().lrange(key, 1, 1)) as string[]
    await redis().lrem(key, 1, lost)
    expect(typesOf((await back(1)).frames)).toEqual(['resync 4'])
    expect(typesOf((await back(3)).frames)).toEqual(['update 4', 'resumed 4'])
    await redis().del(key)
    expect(typesOf((await back(3)).frames)).toEqual(['resync 4'])
  })
})
