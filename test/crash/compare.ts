import { catalogue } from '../../lib/metrics/catalogue.ts'
import type { Plan } from '../oracle/history.ts'
import { expectedOf, type Numbers, numbersOf, type Oracle } from '../oracle/numbers.ts'
import { ask } from './ask.ts'
import { venues } from './told.ts'

export type Comparison = { metrics: number; numbers: number; differences: string[] }

type Question = [grouping: string, query: Record<string, string>]

const dimensions = ['event', 'ticket_type', 'channel', 'currency']
const dayMs = 86_400_000

/** Asks every metric of every venue and compares each number with the oracle's. */
export async function compareAnswers(oracle: Oracle, now: number): Promise<Comparison> {
  const found: Comparison = { metrics: catalogue.size, numbers: 0, differences: [] }
  const compareVenue = async (plan: Plan) => {
    // One after the other: the venues are asked side by side already.
    for (const metric of catalogue.keys()) {
      for (const [grouping, query] of questionsOf(plan, now)) {
        const answer = await ask(plan.venueId, metric, query)
        const numbers = numbersOf(answer)
        const expected = expectedOf(oracle[plan.venueId]?.[metric]?.[grouping] ?? {}, answer)
        const keys = new Set([...Object.keys(numbers), ...Object.keys(expected)])
        found.numbers += keys.size
        for (const key of keys) {
          if (numbers[key] === expected[key]) continue
          found.differences.push(
            `${plan.venueId} ${metric} by ${grouping} ${key}: ${said(numbers, key)}, the oracle says ${said(expected, key)}`,
          )
        }
      }
    }
  }
  await Promise.all(venues.map(compareVenue))
  return found
}

function questionsOf(plan: Plan, now: number): Question[] {
  const ever = { from: '1980-01-01', to: '2100-01-01', granularity: 'none' }
  const recent = {
    from: new Date(now - 2 * dayMs).toISOString().slice(0, 10),
    to: new Date(now + 2 * dayMs).toISOString().slice(0, 10),
  }
  const [from, to] = plan.week
  return [
    ['none', ever],
    ['all', { ...ever, include_test: 'true' }],
    ['day', { from: plan.from, to: plan.to, granularity: 'day' }],
    ['day', { ...recent, granularity: 'day' }],
    ['hour', { from, to, granularity: 'hour' }],
    ...dimensions.map((name): Question => [name, { ...ever, group_by: name }]),
  ]
}

const said = (numbers: Numbers, key: string) => numbers[key] ?? 'nothing'
