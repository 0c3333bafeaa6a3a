import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { SQSEvent } from 'aws-lambda'
import type { MetricAnswer } from '../../lib/metrics/answer.ts'
import { historyOf, type Plan, plans } from '../oracle/history.ts'
import { askOracle, expectedOf, type Numbers, numbersOf, type Oracle } from '../oracle/numbers.ts'
import { randomOf, seedOfRun } from '../oracle/random.ts'
import { deliveriesOf, startWorker } from '../oracle/workers.ts'
import { ask, closeStores } from '../support/service.ts'

const eventCount = 5000
const handlers = 8
const ever = { from: '1980-01-01', to: '2026-01-01', granularity: 'none' }
const dimensions = [
  'event',
  'session',
  'ticket_type',
  'channel',
  'currency',
  'promo_code',
  'gate',
  'scan_reason',
  'source',
]

const seed = seedOfRun()
const venues = plans()
const folder = mkdtempSync(path.join(os.tmpdir(), 'turnout-oracle-'))
let oracle: Oracle

beforeAll(async () => {
  const random = randomOf(seed)
  const histories = venues.map((plan) => historyOf(plan, random, eventCount / venues.length))
  const file = path.join(folder, 'events.ndjson')
  writeFileSync(
    file,
    histories
      .flat()
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  )
  oracle = await askOracle(file)

  const batches = deliveriesOf(histories.flat(), random)
  const told = `${eventCount} events in ${batches.length} batches, ${handlers} handlers at once`
  const startedAt = Date.now()
  const failed = await deliverAtOnce(batches)
  process.stderr.write(`${told}: ${Date.now() - startedAt} ms\n`)
  expect(failed).toEqual([])
}, 60_000)

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await closeStores()
})

test('the oracle has something to say of every metric', () => {
  const totals = new Map<string, number>()
  for (const metrics of Object.values(oracle)) {
    for (const [metric, { none }] of Object.entries(metrics)) {
      const size = Object.values(none ?? {}).reduce((sum, value) => sum + Math.abs(value), 0)
      totals.set(metric, (totals.get(metric) ?? 0) + size)
    }
  }
  expect(totals.size).toBe(24)
  expect([...totals].filter(([, size]) => size === 0)).toEqual([])
})

describe.each(venues)('the answers equal brute force in $timezone', (plan) => {
  test('over the whole, with and without test events', async () => {
    await compare(plan, 'none', ever)
    await compare(plan, 'all', { ...ever, include_test: 'true' })
  })

  test('by business day', async () => {
    await compare(plan, 'day', { from: plan.from, to: plan.to, granularity: 'day' })
    await compare(plan, 'day', { from: '1985-01-01', to: '1986-01-01', granularity: 'day' })
  })

  test('by week and by month, since 1980', async () => {
    await compare(plan, 'week', { ...ever, from: '1979-12-31', granularity: 'week' })
    await compare(plan, 'month', { ...ever, granularity: 'month' })
  })

  test('by hour and by five minutes in a week in which the clock changes', async () => {
    const [from, to] = plan.week
    await compare(plan, 'hour', { from, to, granularity: 'hour' })
    await compare(plan, '5min', { from, to, granularity: '5min' })
  })

  test.each(dimensions)('by %s', async (dimension) => {
    await compare(plan, dimension, { ...ever, group_by: dimension })
  })
})

async function compare(plan: Plan, grouping: string, query: Record<string, string>) {
  const { venueId } = plan
  const metrics = oracle[venueId] ?? {}
  const found: Record<string, Numbers> = {}
  const expected: Record<string, Numbers> = {}
  // One after the other: what differs is told by its metric.
  for (const [metric, groups] of Object.entries(metrics)) {
    const answer = await ask(venueId, metric, query)
    found[metric] = numbersOf(answer)
    expected[metric] = expectedOf(groups[grouping] ?? {}, answer)
    expectWhole(metric, answer, Object.keys(groups[grouping] ?? {}))
  }
  expect(found).toEqual(expected)
}

function expectWhole(metric: string, { series, total }: MetricAnswer, keys: string[]) {
  if (metric === 'unique_buyers' || metric === 'average_order_value') return
  const sum = (numbers: (number | null)[]) => numbers.reduce<number>((a, b) => a + (b ?? 0), 0)
  for (const one of series) expect(sum(one.points.map(({ value }) => value))).toBe(one.total)
  if (total === null) expect(keys.length).toBeGreaterThan(1)
  // An order may be in several groups, and is one in the whole.
  else if (!metric.startsWith('orders')) expect(sum(series.map((one) => one.total))).toBe(total)
}

async function deliverAtOnce(batches: SQSEvent[]): Promise<string[]> {
  const waiting = [...batches]
  const failed: string[] = []
  const work = async () => {
    const worker = startWorker()
    for (let batch = waiting.pop(); batch; batch = waiting.pop()) {
      failed.push(...((await worker.deliver(batch)) ?? ['the worker died']))
    }
    await worker.stop()
  }
  await Promise.all(Array.from({ length: handlers }, work))
  return failed
}
