import fc from 'fast-check'
import { askRealtime } from '../../lib/realtime/ask.ts'
import { percentageOf } from '../../lib/realtime/gauges.ts'
import { comparison } from '../../lib/realtime/kpi.ts'
import { refreshLive } from '../../lib/realtime/refresh.ts'
import { event, paid, unique } from '../support/events.ts'
import { loseRedis } from '../support/realtime.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const amount = fc.option(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9, max: 9 })))

test('a comparison tells a change that adds up, and no percentage of nothing', () => {
  fc.assert(
    fc.property(amount, amount, (current, previous) => {
      const { change, changePct, trend } = comparison(current, previous)
      if (current === null || previous === null) {
        return change === null && changePct === null && trend === 'flat'
      }
      const sign = { up: 1, flat: 0, down: -1 }[trend]
      if (change !== current - previous || Math.sign(change) !== sign) return false
      if (previous === 0) return changePct === null
      return changePct !== null && Number.isFinite(changePct) && Math.sign(changePct) === sign
    }),
  )
})

test('a comparison and its opposite mirror each other', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
      const [there, back] = [comparison(a, b), comparison(b, a)]
      return (there.change ?? 0) + (back.change ?? 0) === 0
    }),
  )
})

test('half of something is −50 %, also of a debt; twice it is +100 %', () => {
  expect(comparison(50, 100)).toMatchObject({ change: -50, changePct: -50, trend: 'down' })
  expect(comparison(200, 100)).toMatchObject({ change: 100, changePct: 100, trend: 'up' })
  expect(comparison(16_901, 5000)).toMatchObject({ changePct: 238.02 })
  expect(comparison(-50, -100)).toMatchObject({ change: 50, changePct: 50, trend: 'up' })
})

test('a part of nothing or of what is not known is no percentage', () => {
  expect([0, 5, -5].map((current) => percentageOf(current, 0))).toEqual([null, null, null])
  expect(percentageOf(5, null)).toBeNull()
  expect(percentageOf(5, -1)).toBeNull()
  expect(percentageOf(412, 1648)).toBe(25)
})

type Case = [
  what: string,
  zone: string,
  dayStart: string,
  now: string,
  today: string,
  before: string,
]

// now, then the windows as they are told
const cases: Case[] = [
  ['an instant before the day changes', 'America/New_York', '06:00', '2026-06-02T05:59:59.999-04:00', '2026-06-01T06:00:00-04:00/2026-06-02T06:00:00-04:00', '2026-05-31T06:00:00-04:00/2026-06-01T05:59:00-04:00'],
  ['the day begins', 'America/New_York', '06:00', '2026-06-02T06:00:00-04:00', '2026-06-02T06:00:00-04:00/2026-06-03T06:00:00-04:00', '2026-06-01T06:00:00-04:00/2026-06-01T06:00:00-04:00'],
  ['a day of 23 hours', 'America/New_York', '00:00', '2026-03-08T12:00:00-04:00', '2026-03-08T00:00:00-05:00/2026-03-09T00:00:00-04:00', '2026-03-07T00:00:00-05:00/2026-03-07T11:00:00-05:00'],
  ['the end of a day of 25 hours', 'America/New_York', '00:00', '2026-11-01T23:30:00-05:00', '2026-11-01T00:00:00-04:00/2026-11-02T00:00:00-05:00', '2026-10-31T00:00:00-04:00/2026-11-01T00:00:00-04:00'],
  ['the day after a short one', 'America/New_York', '00:00', '2026-03-09T23:45:00-04:00', '2026-03-09T00:00:00-04:00/2026-03-10T00:00:00-04:00', '2026-03-08T00:00:00-05:00/2026-03-09T00:00:00-04:00'],
  ['a change of half an hour', 'Australia/Lord_Howe', '00:00', '2026-04-05T12:00:00+10:30', '2026-04-05T00:00:00+11:00/2026-04-06T00:00:00+10:30', '2026-04-04T00:00:00+11:00/2026-04-04T12:30:00+11:00'],
] // biome-ignore format: a table reads better in rows

test.each(cases)('%s (%s, %s)', async (_what, zone, dayStart, now, today, before) => {
  const venue = unique('v')
  const windows = [today, before].map((text) => text.split('/').map((one) => Date.parse(one)))
  const edges = windows.flat().flatMap((at) => [at - 1, at])
  await deliver(
    event(venue, 'venue.updated', {
      occurred_at: '2020-01-01T00:00:00Z',
      data: { timezone: zone, currency: 'USD', day_start: dayStart },
    }),
    edges.map((at) => paid(venue, { occurred_at: new Date(at).toISOString() })),
  )
  const expected = windows.map(([from = 0, to = 0]) => edges.filter((at) => at >= from && at < to))
  const at = new Date(now)
  for (const isHit of [false, true]) {
    if (isHit) await refreshLive(at)
    else await loseRedis(venue)
    const { told, isHit: wasHit } = await askRealtime(venue, at)
    const orders = told.items.find(({ metric }) => metric === 'orders')
    expect([wasHit, orders]).toEqual([
      isHit,
      expect.objectContaining({ current: expected[0]?.length, previous: expected[1]?.length }),
    ])
    const told2 = [orders?.window, orders?.previousWindow].map((one) => `${one?.from}/${one?.to}`)
    expect(told2).toEqual([today, before])
  }
})
