import { type Measure, measures } from '../ledger/entry.ts'
import type { Snapshot } from './ask.ts'
import { catalogue, isMoney, type Metric } from './catalogue.ts'
import { planOf } from './plan.ts'
import { sumMeasures } from './store.ts'

/** The sums of a time by `measure`, money by `measure:CURRENCY`; without those nothing touched. */
export type Sums = ReadonlyMap<string, bigint>

/** The sums of one currency, or of what has none: null where nothing touched the measure. */
type Row = { currency: string | null; sums: (bigint | null)[] }

const money = new Set<Measure>(
  measures.filter((measure) => catalogue.get(measure)?.unit === 'minor'),
)

/**
 * Every measure over a time, [from, to) in epoch ms, test events left out: one statement. As of a
 * moment it is read from the ledger alone.
 */
export async function sumsIn(
  { tx, venueId, venue }: Pick<Snapshot, 'tx' | 'venueId' | 'venue'>,
  time: { from: number; to: number; asOf?: string },
): Promise<Sums> {
  if (time.from >= time.to) return new Map()
  const asked = { ...time, starts: [time.from], filters: [], currency: null, includeTest: false }
  const question = { ...asked, asOf: time.asOf ?? null }
  const plan = planOf(question, venue)
  const rows = await sumMeasures(tx, venueId, question, plan, [...measures], ['currency'])
  return sumsOf(
    rows.map(({ key, values, touched }) => ({
      currency: key[0] ?? null,
      sums: values.map((value, i) => (touched[i] ? value : null)),
    })),
  )
}

/** The sums of rows that have a value for each measure, in their order. */
export function sumsOf(rows: Row[]): Sums {
  const found = new Map<string, bigint>()
  for (const { currency, sums } of rows) {
    measures.forEach((measure, i) => {
      const value = sums[i]
      if (value === null || value === undefined) return
      const name = nameOf(measure, currency)
      found.set(name, (found.get(name) ?? 0n) + value)
    })
  }
  return found
}

/** The currencies in which anything touched a metric of sums, in their order. */
export function currenciesOf(metric: Metric, ...all: Sums[]): string[] {
  const { formula } = metric
  if (!isMoney(metric) || formula.kind !== 'sum') return []
  const parts: string[] = [...formula.plus, ...formula.minus]
  const names = all.flatMap((sums) => [...sums.keys()].map((name) => name.split(':')))
  const found = names.flatMap(([measure = '', currency]) =>
    currency && parts.includes(measure) ? currency : [],
  )
  return [...new Set(found)].sort()
}

/** A metric of sums in one currency; 0 where nothing happened. */
export function amountIn(sums: Sums, metric: Metric, currency: string | null): bigint {
  const { formula } = metric
  if (formula.kind !== 'sum') throw new Error(`${metric.name} is no metric of sums`)
  const total = (parts: Measure[]) =>
    parts.reduce((sum, measure) => sum + (sums.get(nameOf(measure, currency)) ?? 0n), 0n)
  return total(formula.plus) - total(formula.minus)
}

const nameOf = (measure: Measure, currency: string | null): string =>
  money.has(measure) ? `${measure}:${currency ?? ''}` : measure
