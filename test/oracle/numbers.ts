import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { MetricAnswer } from '../../lib/metrics/answer.ts'

/** Numbers by their key: a JSON array, the currency of money first, then the group or the bucket. */
export type Numbers = Record<string, number>
/** What brute force says: by venue, metric and grouping. */
export type Oracle = Record<string, Record<string, Record<string, Numbers>>>

/** Every number of a file of events, from a process of its own that reads nothing else. */
export async function askOracle(file: string): Promise<Oracle> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['test/oracle/brute-force.mjs', file],
    { maxBuffer: 2 ** 30 },
  )
  return JSON.parse(stdout)
}

/** The points of an answer by the keys of the oracle, zeros left out. */
export function numbersOf({ series, granularity, unit, currency }: MetricAnswer): Numbers {
  const numbers: Numbers = {}
  for (const { key, points } of series) {
    const { currency: own, ...groups } = key
    const isByCurrency = Object.keys(key).length === 1 && own !== undefined && unit !== 'minor'
    const parts: unknown[] = unit === 'minor' ? [own ?? currency] : isByCurrency ? [own] : []
    for (const { start, value } of points) {
      const at = granularity === 'none' ? [] : [start]
      numbers[JSON.stringify([...parts, ...Object.values(groups), ...at])] = value ?? 0
    }
  }
  return withoutZeros(numbers)
}

/** What the oracle says of the time that an answer covers, zeros left out. */
export function expectedOf(numbers: Numbers, { granularity, from, to }: MetricAnswer): Numbers {
  if (granularity === 'none') return withoutZeros(numbers)
  const [start, end] = [Date.parse(from), Date.parse(to)]
  const isWithin = (key: string) => {
    const at = Date.parse(String(JSON.parse(key).at(-1)))
    return at >= start && at < end
  }
  return withoutZeros(Object.fromEntries(Object.entries(numbers).filter(([key]) => isWithin(key))))
}

// A gap is filled with 0 or null; the oracle leaves it out.
const withoutZeros = (numbers: Numbers): Numbers =>
  Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0))
