import fc from 'fast-check'
import { catalogue } from '../../../lib/metrics/catalogue.ts'
import { historyOf, type Plan, plans } from '../../oracle/history.ts'
import { randomOf, seedOfRun } from '../../oracle/random.ts'
import { paid, unique } from '../../support/events.ts'
import { ask, closeStores, deliver } from '../../support/service.ts'

const seed = seedOfRun()
const random = randomOf(seed)
const venues = plans().filter((plan) => plan.dayStart !== '00:00' || plan.currencies.length > 1)

beforeAll(async () => {
  for (const plan of venues) {
    const events = historyOf(plan, random, 300)
    for (let i = 0; i < 300; i += 100) expect(await deliver(events.slice(i, i + 100))).toEqual([])
  }
}, 30_000)

afterAll(closeStores)

const steps = { minute: 60e3, '5min': 300e3, hour: 3600e3, day: 864e5, week: 6048e5, month: 26e8 }
const question = fc.record({
  plan: fc.constantFrom(...venues),
  metric: fc.constantFrom(...catalogue.keys()),
  granularity: fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[]), 'none' as const),
  tz: fc.option(
    fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'),
  ),
  start: fc.double({ min: 0, max: 1, noNaN: true }),
  size: fc.integer({ min: 1, max: 400 }),
  grain: fc.constantFrom(1, 1000, 60e3, 900e3, 3600e3),
  isByDate: fc.boolean(),
  groupBy: fc.option(fc.constantFrom('channel', 'ticket_type', 'event,currency', 'gate')),
  filter: fc.option(fc.constantFrom('stalls', 'stalls,box')),
  includeTest: fc.boolean(),
})

test('day tier, quarter tier and ledger give the same answer to any question', async () => {
  await fc.assert(
    fc.asyncProperty(question, async ({ plan, metric, ...told }) => {
      const query = queryOf(plan, told)
      const now = await ask(plan.venueId, metric, query)
      // What was known at a moment is in the ledger alone.
      const then = await ask(plan.venueId, metric, { ...query, asOf: now.asOf })
      expect(then).toEqual(now)
    }),
    { numRuns: 250, seed },
  )
}, 60_000)

test('the parts of any time sum to the whole', async () => {
  const additive = [...catalogue.values()].filter((metric) => metric.additive)
  const asked = question.filter(({ metric }) => additive.some(({ name }) => name === metric))
  await fc.assert(
    fc.asyncProperty(asked, async ({ plan, metric, ...told }) => {
      const query = queryOf(plan, { ...told, groupBy: null })
      const parts = await ask(plan.venueId, metric, query)
      const whole = await ask(plan.venueId, metric, { ...query, granularity: 'none' })
      const sums = parts.series.map(({ points }) =>
        points.reduce((sum, p) => sum + (p.value ?? 0), 0),
      )
      expect(sums).toEqual(whole.series.map((series) => series.total))
    }),
    { numRuns: 100, seed },
  )
}, 60_000)

test('what was known then stays what was known then', async () => {
  const venue = unique('v')
  const query = { from: '2026-06-01', to: '2026-06-03', granularity: 'day' }
  const known = []
  for (let i = 0; i < 6; i += 1) {
    // late, early, moved: each changes what is known of the same day
    await deliver(
      paid(venue, { occurred_at: `2026-06-01T1${9 - i}:00:00Z`, data: { order_id: 'o-1' } }),
    )
    await deliver(paid(venue))
    known.push(await ask(venue, 'average_order_value', query))
  }
  for (const answer of known) {
    expect(await ask(venue, 'average_order_value', { ...query, asOf: answer.asOf })).toEqual(answer)
  }
  expect(new Set(known.map((answer) => answer.total)).size).toBeGreaterThan(1)
})

test('an answer given while events are counted is what was known as of it', async () => {
  const venue = unique('v')
  const query = { from: '2026-06-01', to: '2026-06-03', granularity: 'hour', group_by: 'channel' }
  let isDone = false
  const counting = Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 12; i += 1) {
        await deliver(Array.from({ length: 20 }, () => paid(venue, { occurred_at: someTime() })))
      }
    }),
  ).then(() => {
    isDone = true
  })
  const answers = []
  while (!isDone) answers.push(await ask(venue, 'tickets_sold', query))
  await counting
  for (const answer of answers) {
    expect(await ask(venue, 'tickets_sold', { ...query, asOf: answer.asOf })).toEqual(answer)
  }
  expect(answers.length).toBeGreaterThan(5)
}, 60_000)

const someTime = () =>
  new Date(Date.parse('2026-06-01T04:00:00Z') + random.below(86_400e3)).toISOString()

type Told = Omit<typeof question extends fc.Arbitrary<infer Q> ? Q : never, 'plan' | 'metric'>

function queryOf(plan: Plan, told: Told): Record<string, string> {
  const [first, last] = [Date.parse(plan.from), Date.parse(plan.to)]
  const step = told.granularity === 'none' ? 864e5 : steps[told.granularity]
  const grain = told.isByDate ? 864e5 : told.grain
  const start = Math.floor((first + told.start * (last - first)) / grain) * grain
  const end = start + Math.max(Math.floor((told.size * step) / grain), 1) * grain
  const text = (ms: number) => new Date(ms).toISOString().slice(0, told.isByDate ? 10 : undefined)
  return {
    from: text(start),
    to: text(end),
    granularity: told.isByDate && step < 36e5 ? 'hour' : told.granularity,
    include_test: String(told.includeTest),
    ...(told.tz && { tz: told.tz }),
    ...(told.groupBy && { group_by: told.groupBy }),
    ...(told.filter && { 'filter[ticket_type]': told.filter }),
  }
}
